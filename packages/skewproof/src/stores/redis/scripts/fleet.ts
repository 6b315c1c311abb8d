/**
 * KEYS: the fleet's state, when each node left word, its report, its description, and all reports in one. They lie in a hash slot of their own: on a
 * cluster the clock that nodes compare theirs with is that of the primary which has it.
 */
const readClock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
`

/**
 * To put them together is most of the work, so that for many nodes it is done once for a while: a millisecond for each, which is a
 * tenth of the time between two beats. What is longer than a report, somebody else has written: it would be sent to all.
 */
const reports = `
local function reports(max)
  local count = redis.call('HLEN', KEYS[3])
  local known = count > 100 and redis.call('GET', KEYS[5])
  if known and #known <= count * (max + 1) then return known end
  local lines = {}
  for _, report in ipairs(redis.call('HVALS', KEYS[3])) do
    if #report <= max then lines[#lines + 1] = report end
  end
  local all = table.concat(lines, '\\n')
  if count > 100 then redis.call('SET', KEYS[5], all, 'PX', count) end
  return all
end
`

/** Of nodes that say nothing for too long, or whose last word is from a future that the clock was set back from. */
const forget = `
local function forget(from, to)
  local nodes = redis.call('ZRANGE', KEYS[2], from, to, 'BYSCORE', 'LIMIT', 0, 100)
  if #nodes == 0 then return end
  redis.call('ZREM', KEYS[2], unpack(nodes))
  redis.call('HDEL', KEYS[3], unpack(nodes))
  redis.call('HDEL', KEYS[4], unpack(nodes))
end
`

/** Of whom there is a report and no time, as when Redis evicts keys or somebody else writes: or they would never be forgotten. */
const adopt = `
local function adopt()
  if redis.call('HLEN', KEYS[3]) <= redis.call('ZCARD', KEYS[2]) then return end
  for _, node in ipairs(redis.call('HKEYS', KEYS[3])) do redis.call('ZADD', KEYS[2], 'NX', now, node) end
end
`

/**
 * ARGV: node, report, description, after how many ms a node is forgotten, how many there may be, how long a report. Another run of Redis, here or
 * on another machine, begins an epoch. Answers the time, the run, the number of the beat, and all reports, one a line.
 */
export const beatFleet: string = `#!lua flags=allow-oom
${readClock}${forget}${reports}${adopt}
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if redis.call('HGET', KEYS[1], 'run') ~= run then
  redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
  redis.call('HSET', KEYS[1], 'run', run)
end
forget('-inf', now - ARGV[4])
forget(now + ARGV[4], '+inf')
if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 and redis.call('HLEN', KEYS[3]) >= tonumber(ARGV[5]) then
  return redis.error_reply('FULL there are ' .. ARGV[5] .. ' nodes, and no more are taken')
end
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[4], ARGV[1], ARGV[3])
local beat = redis.call('HINCRBY', KEYS[1], 'beats', 1)
adopt()
return {time[1], time[2], run, beat, reports(tonumber(ARGV[6]))}
`

/** ARGV: after how many ms a node is forgotten, how many there may be, how long a description. Answers the time, and for each node: name, when it left word, description. */
export const describeFleet: string = `#!lua flags=no-writes
${readClock}
local described = {time[1], time[2]}
for i, node in ipairs(redis.call('ZRANGE', KEYS[2], now - ARGV[1], '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[2])) do
  described[#described + 1] = node
  described[#described + 1] = redis.call('ZSCORE', KEYS[2], node)
  local description = redis.call('HGET', KEYS[4], node) or ''
  described[#described + 1] = #description <= tonumber(ARGV[3]) and description or ''
end
return described
`

/** ARGV: node. */
export const leaveFleet: string = `#!lua flags=allow-oom
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
return 1
`
