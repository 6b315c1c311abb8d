-- For wrk: sends requests of several kinds, each kind in turn and round again, and prints what came of it as JSON.
-- The file: for each kind its share in thousandths and its number of requests, then the requests, each behind its length; all
-- these numbers have eight digits. With a second argument: rests after so many answers, and says so.
local pattern = {}
local at = 0

function init(args)
  local file = assert(io.open(args[1], 'rb'))
  local function number()
    local digits = file:read(8)
    return digits and tonumber(digits)
  end
  for share in number do
    local kind = { next = 0 }
    for place = 1, number() do kind[place] = file:read(number()) end
    for _ = 1, share do pattern[#pattern + 1] = kind end
  end
  file:close()
  math.randomseed(1)
  for place = #pattern, 2, -1 do
    local other = math.random(place)
    pattern[place], pattern[other] = pattern[other], pattern[place]
  end
  if args[2] then stop_after(tonumber(args[2])) end
end

function stop_after(answers)
  response = function()
    answers = answers - 1
    if answers == 0 then
      wrk.thread:stop()
      io.write('ENOUGH\n')
      io.flush()
    end
  end
end

function request()
  at = at % #pattern + 1
  local kind = pattern[at]
  kind.next = kind.next % #kind + 1
  return kind[kind.next]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "p999": %d, "longest": %d, ' ..
      '"refused": %d, "socketErrors": %d, "timeouts": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    latency.max, errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
