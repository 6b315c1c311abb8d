export { aws } from './aws/aws.ts'
export { parseSource, sourceForms } from './parse.ts'
export { type SntpOptions, sntp } from './sntp/sntp.ts'
export { type SystemSourceOptions, system } from './system/system.ts'
