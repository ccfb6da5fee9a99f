/**
 * The two scripts of the limiter. Each runs atomically and uses Redis's clock, because the importers' clocks
 * differ.
 *
 * KEYS  1 the memory epoch of this Redis  2 a shop's state
 *       3 its requests in flight (score: when each expires)
 *       4 its finished requests (score: the latest time at which each can have reached the shop)
 *
 * Memory: a flushed or restarted Redis has forgotten requests: all of them, or those of the last second
 * (append-only file). Key 1 stores the server's run id and when its memory began. State from another memory
 * is void. The limiter then admits nothing for QUIET_MS. It also counts the maximum number of requests in
 * flight (`most`) as in flight until their lifetime has ended. Rejected: trusting the remaining data (a
 * snapshot from a minute ago shows a bucket that has filled since), and waiting for the longest request (no
 * requests for twenty seconds).
 *
 * Arithmetic: `available` is a lower bound of the bucket's level after all requests in flight have arrived. A
 * reply's figure is valid for the moment when Shopify wrote it. Requests that were unfinished when the
 * reply's own request was granted may have arrived later, so their cost is subtracted. `granted` and
 * `settled` are running sums, which makes this one subtraction. For the same reason the level never refills
 * above the maximum minus the cost of the requests in flight.
 *
 * Guess: until a shop's first reply, its limit is assumed to be the smallest one. Requests that arrive before
 * that reply retry soon, because the reply brings better figures. When the guess set their retry times, a
 * dozen slices spent their first seconds waiting.
 *
 * Freeze: after a Retry-After one request is sent as a trial and the others wait for its reply. Otherwise a
 * dozen requests would be refused at once.
 *
 * Ceiling: a request occupies a slot from its grant until one second after it has finished, because only the
 * shop knows when it arrived. Rejected: a log of grants (a slow and a fast request arrive together: 41 in a
 * second), and fixed clock windows (twice the ceiling around a window border).
 */

/** Covers the ceiling's one second and the two seconds of Shopify's usual Retry-After. */
const QUIET_MS = 2_000;
/** Longer than a client waits for a reply, so only requests of a killed importer expire. */
const LIFE_MS = 20_000;
const FORGET_MS = 3_600_000;
/** The ceiling's one second plus a millisecond for clock rounding. */
const SECOND_MS = 1_001;
/** Retry interval when only a reply can free capacity. */
const REPLY_MS = 50;

const MEMORY = `
local now = tonumber(ARGV[1])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local memory = redis.call('HMGET', KEYS[1], 'run', 'since')
local since = tonumber(memory[2])
if memory[1] ~= run or since > now then
  since = now
  redis.call('HSET', KEYS[1], 'run', run, 'since', since)
end
local function read(field) return tonumber(redis.call('HGET', KEYS[2], field)) end
if read('since') ~= since then
  redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
  redis.call('HSET', KEYS[2], 'since', since)
end
for i = 2, 4 do redis.call('PEXPIRE', KEYS[i], ${FORGET_MS}) end
local function over(permit, api, cost, at)
  redis.call('ZREM', KEYS[3], permit)
  redis.call('ZADD', KEYS[4], at, permit)
  redis.call('HINCRBYFLOAT', KEYS[2], api .. ':settled', cost)
end
local function unknown(most)
  if now > since + ${LIFE_MS + SECOND_MS} then return 0 end
  return most
end
local PERMIT = '^(%d+) (%a+) (%S+) (%S+) (%S+) (%S+)$'`;

// ARGV: now or '', api, cost, ceiling, headroom, maximum in flight, initial maximum, initial rate.
// Returns {permit}, or {'', ms to wait, reason, figure of the reason}.
export const ADMIT = `${MEMORY}
local api, estimate = ARGV[2], ARGV[3]
local ceiling, headroom, most = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
-- Each refused caller gets its own retry time after the others', so that callers do not all return for one
-- slot.
local function refuse(at, apart, reason, figure)
  if apart > 0 then
    at = math.max(at, (read('promised') or 0) + apart)
    redis.call('HSET', KEYS[2], 'promised', at)
  end
  return {'', math.max(1, math.ceil(at - now)), reason, tostring(figure)}
end

if now < since + ${QUIET_MS} then return refuse(since + ${QUIET_MS}, 1000 / ceiling, 'restart', '') end
for _, permit in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now)) do
  local _, its, _, cost = string.match(permit, PERMIT)
  over(permit, its, cost, now)
end
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now - ${SECOND_MS})

local frozen = read('frozen') or 0
if frozen > now then return refuse(frozen, 1000 / ceiling, 'frozen', frozen - now) end

local flying = redis.call('ZCARD', KEYS[3])
if flying > 0 and read('trial') then return refuse(now + ${REPLY_MS}, 0, 'trial', '') end
if flying >= most then return refuse(now + ${REPLY_MS}, 0, 'busy', most) end
if flying + redis.call('ZCARD', KEYS[4]) + unknown(most) >= ceiling then
  local oldest = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')[2]
  if oldest then return refuse(oldest + ${SECOND_MS}, 1000 / ceiling, 'ceiling', ceiling) end
  return refuse(now + ${REPLY_MS}, 0, 'ceiling', ceiling)
end

local cost = read(api .. ':cost:' .. estimate) or tonumber(estimate)
local maximum = read(api .. ':maximum') or tonumber(ARGV[7])
local rate = read(api .. ':rate') or tonumber(ARGV[8])
local granted, settled = read(api .. ':granted') or 0, read(api .. ':settled') or 0
local need = math.min(maximum, cost + headroom * maximum)
local rim = maximum - (granted - settled) - unknown(most) * cost
local available = read(api .. ':available') or need
available = math.min(rim, available + (now - (read(api .. ':at') or now)) * rate / 1000)
if available < need then
  local guessed = not read(api .. ':told')
  if rim < need or (guessed and flying > 0) then return refuse(now + ${REPLY_MS}, 0, api, rate) end
  return refuse(now + (need - available) * 1000 / rate, cost * 1000 / rate, api, rate)
end

local number = redis.call('HINCRBY', KEYS[2], 'number', 1)
local permit = string.format('%d %s %s %.17g %.17g %.17g', number, api, estimate, cost, settled, since)
redis.call('ZADD', KEYS[3], now + ${LIFE_MS}, permit)
redis.call('HSET', KEYS[2], api .. ':available', available - cost, api .. ':maximum', maximum,
  api .. ':rate', rate, api .. ':at', now, api .. ':granted', granted + cost)
return {permit}`;

// ARGV: now or '', permit, ms of Retry-After, maximum in flight [, requested, available, maximum, rate].
export const SETTLE = `${MEMORY}
local asked = tonumber(ARGV[3])
if asked > 0 then
  redis.call('HSET', KEYS[2], 'trial', 1, 'frozen', math.max(read('frozen') or 0, now + asked))
elseif ARGV[5] then
  redis.call('HDEL', KEYS[2], 'trial')
end
local permit = ARGV[2]
if not redis.call('ZSCORE', KEYS[3], permit) then return end
local _, api, estimate, cost, settledBefore = string.match(permit, PERMIT)
over(permit, api, cost, now)
if not ARGV[5] then return end
local onTop = read(api .. ':granted') - tonumber(settledBefore) - tonumber(cost)
local lost = unknown(tonumber(ARGV[4])) * tonumber(cost)
redis.call('HSET', KEYS[2], api .. ':available', tonumber(ARGV[6]) - onTop - lost, api .. ':maximum', ARGV[7],
  api .. ':rate', ARGV[8], api .. ':at', now, api .. ':cost:' .. estimate, ARGV[5], api .. ':told', 1)`;
