export { type SystemSourceOptions, system } from './system/system.ts'
