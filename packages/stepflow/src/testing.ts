// `stepflow/testing`: a clock that tests move by hand, fakes for components, and assertions that show the steps.

export {
  createManualClock,
  type ManualClock,
  type AnyFn,
  type Call,
  type Fake,
  type Fakes,
  fake,
  type RecordedComponent,
  recorded,
  type ExpectedFailure,
  type Ran,
  type Expectation,
  expectRun,
} from '@stepflow/code/testing'
