export { aws } from './aws/aws.ts'
export { chrony } from './chrony/chrony.ts'
export type { ChronyOptions } from './chrony/daemon.ts'
export { type ReadChronyOptions, readChrony } from './chrony/read.ts'
export type {
  ChronyActivity,
  ChronyLeap,
  ChronyReport,
  ChronySource,
  ChronySourceState,
  ChronyStatistics,
  ChronyTracking,
} from './chrony/report.ts'
export { type DiscoverOptions, discoverSources } from './discover.ts'
export type { ServerClock } from './http/exchanges.ts'
export { type HttpSourceOptions, http, parseHttpUrl } from './http/http.ts'
export { readServerClock } from './http/server-clock.ts'
export { ntpd } from './ntpd/ntpd.ts'
export { type NtsOptions, nts } from './nts/nts.ts'
export { chronyOptions, parseSource, sourceForms } from './parse.ts'
export { type RedisSourceOptions, type RedisTimeClient, redis } from './redis/redis.ts'
export { type SntpOptions, sntp } from './sntp/sntp.ts'
export { type SystemSourceOptions, system } from './system/system.ts'
export { type TimesyncdOptions, timesyncd } from './timesyncd/timesyncd.ts'
