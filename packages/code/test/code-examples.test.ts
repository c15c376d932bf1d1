// The examples in TypeScript, as their readers would use them.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StepFailedError } from 'stepflow'
import { expectRun } from 'stepflow/testing'
import { describe, expect, test } from 'vitest'
import { carPurchase } from '../../../examples/step-functions/car-purchase.ts'
import { enrich } from '../../../examples/step-functions/enrich.ts'
import { root } from '../../../test/stepflow.ts'

const purchase = { transaction: 'T-1' }

describe('the car purchase', () => {
  test('goes all the way', async () => {
    const { result, context } = await carPurchase.execute(purchase)

    expect(result).toBe('done')
    expect(context.Update_Company_DB_Records).toEqual({
      update_shipping_db_record: 'shipping updated',
      update_payment_db_record: 'payment updated',
      update_inventory_db_record: 'inventory updated',
    })
    expect(carPurchase.status).toBe('COMPLETED')
  })

  test('that is invalid goes straight to the notification', async () => {
    const { context } = await carPurchase.execute({ ...purchase, valid: false })

    expect(Object.keys(context)).toEqual([
      'Parse_Car_Purchase_Transaction',
      'Check_If_Car_Purchase_Transaction_Is_Valid',
      'Send_Notification_To_User_Email',
      'End',
    ])
  })

  for (const [fail, step] of [
    ['parse_car_purchase_transaction', 'Parse_Car_Purchase_Transaction'],
    ['check_if_car_purchase_transaction_is_valid', 'Check_If_Car_Purchase_Transaction_Is_Valid'],
    ['update_car_purchase_transaction_status', 'Update_Car_Purchase_Transaction_Status'],
    ['send_notification_to_user_email', 'Send_Notification_To_User_Email'],
  ] as const) {
    test(`recovers when ${fail} fails`, async () => {
      const done = await carPurchase.execute({ ...purchase, fail })

      expect(done).toMatchObject({ status: 'COMPLETED', recovered: true, result: `handled: ${fail} failed` })
      expect(done.context[step]).toMatchObject({ message: `${fail} failed` })
    })
  }

  for (const fail of ['update_shipping_db_record', 'update_payment_db_record', 'update_inventory_db_record']) {
    test(`goes on when ${fail} fails, with the error in its place`, async () => {
      const { result, context, recovered } = await carPurchase.execute({ ...purchase, fail })

      expect([result, recovered]).toEqual(['done', undefined])
      expect(context.Update_Company_DB_Records).toMatchObject({ [fail]: { message: `${fail} failed` } })
    })
  }

  test('fails when its end does, which nothing handles', async () => {
    const error = await carPurchase.execute({ ...purchase, fail: 'end_step' }).catch((thrown) => thrown)

    expect(error).toBeInstanceOf(StepFailedError)
    expect([error.step, carPurchase.status]).toEqual(['End', 'FAILED'])
  })

  test('is drawn, with failures, branches and parallel tasks told apart', () => {
    const drawn = carPurchase.visualize()

    expect(drawn).toMatch(/Check_If_\w+ -->\|"valid"\| Update_Company_DB_Records/)
    expect(drawn).toMatch(/Parse_\w+ -\.->\|"failure"\| Generic_Failure_Handler/)
    expect(drawn).toContain('Update_Company_DB_Records ==> update_payment_db_record')
    expect(carPurchase.visualize({ format: 'dot' })).toContain('digraph')
    expect(carPurchase.visualize({ format: 'svg' })).toContain('<svg')
  })
})

test('the typed flow', async () => {
  const friend = (id: string) => ({ name: `user ${id}`, tier: 'gold' as const, active: true, friends: ['u7', 'u8'] })

  await expectRun(enrich)
    .withInput({ userId: 'u1' })
    .toSucceedWith({ name: 'user u1', score: 107, friends: [friend('u7'), friend('u8')] })
  await expectRun(enrich).withInput({ userId: 'u0' }).toBeSkipped()
})

test('the durable order goes on after it was killed, and does nothing again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepflow-order-'))
  const program = [join(root, 'node_modules/jiti/lib/jiti-cli.mjs'), join(root, 'examples/durable/main.ts')]
  const start = (env = {}) =>
    spawnSync(process.execPath, program, { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } })

  const killed = start({ LIGHTS_OUT: '1' })
  const again = start()
  const after = start()

  const result = '{"outcome":"success","result":{"state":"on its way","paid":80}}'
  expect([killed.signal, lines(killed)]).toEqual([
    'SIGKILL',
    ['order-17: is new', 'reserved: 4 x chair', 'charged: 80'],
  ])
  expect([again.status, lines(again)]).toEqual([0, ['order-17: is known, goes on', 'shipped: 4', result]])
  expect([after.status, lines(after)]).toEqual([0, ['order-17: is known, goes on', result]])
  rmSync(folder, { recursive: true })
})

function lines({ stdout, stderr }: { stdout: string; stderr: string }): string[] {
  return `${stdout}${stderr}`.trim().split('\n')
}
