// The build id of our workers. Raised when a history of a released version does not replay any more, and never else: a run ends
// on the version that it began on, so each one that is raised must be kept running beside the next until its runs have ended.

export const REPLAY_VERSION = process.env.STEPFLOW_REPLAY_VERSION as string // the build puts it here
