import { readScript, writeScript } from './prelude.ts'

/** KEYS: state, changes, document. Answers the time, the version and the value. */
export const readDocument: string = readScript(`
local document = redis.call('HMGET', KEYS[3], 'version', 'value')
return {now, tonumber(document[1] or 0), document[2]}
`)

/** KEYS: state, changes, document. ARGV: a nonce, the name, the expected version, the value. */
export const writeDocument: string = writeScript(`
local version = tonumber(redis.call('HGET', KEYS[3], 'version') or 0)
if version ~= tonumber(ARGV[3]) then return false end
local number = change(ARGV[1], 'document', ARGV[2])
redis.call('HSET', KEYS[3], 'version', version + 1, 'value', ARGV[4])
return number
`)
