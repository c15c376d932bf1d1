// The public names of schedules: the times of cron expressions, and what is wrong with schedules of flows.

export { checkSchedules } from './check-schedules.ts'
export { type CronTimes, readCron } from './cron.ts'
export { checkJitter } from './jitter.ts'
