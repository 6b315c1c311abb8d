export type { NodeRedisClient } from './client-option.ts'
export type { RedisStoreOptions } from './options.ts'
export { type RedisFleetStore, redisFleet } from './redis-fleet.ts'
export { type RedisStore, redisStore } from './redis-store.ts'
