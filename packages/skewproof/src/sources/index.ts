export { parseSource } from './parse.ts'
export { type SystemSourceOptions, system } from './system/system.ts'
