import { defineFlow, shape } from 'stepflow'
import { double, fetchUser } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  const user = step('user', fetchUser, { id: input.userId })
  return step('d', double, input.count, {
    retry: { maxAttempts: 3, delay: '500ms', backoff: 'fixed' },
    timeout: '1m30s',
    when: user.active,
    needs: [user],
    triggerRule: 'all_success',
    onError: { default: input.count },
  })
})
