import { type ExecutionResult, StepFunction } from 'stepflow'
import { now } from '../kit.ts'

const sf = new StepFunction<{ id: string }, number>('s', {
  maxVisits: 3,
  hooks: { onStepStart: ({ step }) => console.log(step) },
})
  .addStep('A', {
    func: ({ id }: { id: string }, { signal }) => (signal.aborted ? id : 'x'),
    branch: { x: 'B', default: 'B' },
  })
  .addStep('B', { func: { one: now, two: async () => 2 }, parallel: true, stopOnFailure: true, nextStep: 'C' })
  .addStep('C', {
    func: now,
    retry: { maxAttempts: 2 },
    timeout: 5,
    onFailure: 'B',
    branch: (n: number) => (n > 1 ? 'B' : null),
  })
  .setStartStep('A')
const done: Promise<ExecutionResult<number>> = sf.execute({ id: 'x' }, { signal: AbortSignal.timeout(5) })
void done
