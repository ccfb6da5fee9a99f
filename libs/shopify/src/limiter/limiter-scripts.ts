/**
 * The two scripts of the limiter. Each runs whole, on Redis's own clock: those of the importers differ.
 *
 * KEYS  1 the memory of this Redis  2 a shop's state  3 its requests on their way (score: when one is given up)
 *       4 its requests that are over (score: the latest they can have reached the shop)
 *
 * Memory: a Redis that was flushed or restarted has forgotten requests, all of them or (append-only file)
 * the last second's. Key 1 notes the server's run and when its memory began; a shop's state of another
 * memory is void. Then nothing goes for QUIET_MS, and as many requests as can have been on their way (`most`)
 * count as on their way until their life is over. Rejected: trusting what is left (a snapshot of a minute ago
 * shows a bucket that has filled since), and waiting out the longest request (nothing for twenty seconds).
 *
 * Arithmetic: `available` is a lower bound of the bucket's level once all requests on their way have come. A
 * reply's figure is true of the moment Shopify wrote it. Requests that were not over when its own was granted
 * may have come later and are taken off; `granted` and `settled` are running sums, so this is one
 * subtraction. For the same reason it never refills beyond the maximum less the cost of those on their way.
 *
 * Guess: until a shop's first reply its limit is taken to be the smallest there is. Requests that come
 * meanwhile ask again soon, because that reply says more: when the guess set their times, a dozen slices
 * spent their first seconds waiting.
 *
 * Freeze: after Retry-After one request tries, and the others wait for its answer; otherwise a dozen would
 * find out at once.
 *
 * Ceiling: a request takes a slot in the second from its grant until a second after it is over, because nobody
 * but the shop knows when it came. Rejected: a log of grants (a slow send and a quick one come together: 41 in
 * a second), and windows by the clock (twice the ceiling around their border).
 */

/** Covers the ceiling's second and the two seconds of Shopify's usual Retry-After. */
const QUIET_MS = 2_000;
/** Longer than a client waits for a reply, so that only a killed importer's request is given up. */
const LIFE_MS = 20_000;
const FORGET_MS = 3_600_000;
/** The second of the ceiling; the millisecond is for the rounding of clocks. */
const SECOND_MS = 1_001;
/** After so long one asks again when only a reply can make room. */
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
local function over(ticket, api, cost, at)
  redis.call('ZREM', KEYS[3], ticket)
  redis.call('ZADD', KEYS[4], at, ticket)
  redis.call('HINCRBYFLOAT', KEYS[2], api .. ':settled', cost)
end
local function unknown(most)
  if now > since + ${LIFE_MS + SECOND_MS} then return 0 end
  return most
end
local TICKET = '^(%d+) (%a+) (%S+) (%S+) (%S+) (%S+)$'`;

// ARGV now or '', api, cost, ceiling, headroom, most on their way, first maximum, first rate.
// Returns {ticket}, or {'', ms to wait, reason, figure of the reason}.
export const ADMIT = `${MEMORY}
local api, estimate = ARGV[2], ARGV[3]
local ceiling, headroom, most = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
-- Whoever is sent away is promised a time of his own, behind the others': they need not all come back for one slot.
local function refuse(at, apart, reason, figure)
  if apart > 0 then
    at = math.max(at, (read('promised') or 0) + apart)
    redis.call('HSET', KEYS[2], 'promised', at)
  end
  return {'', math.max(1, math.ceil(at - now)), reason, tostring(figure)}
end

if now < since + ${QUIET_MS} then return refuse(since + ${QUIET_MS}, 1000 / ceiling, 'restart', '') end
for _, ticket in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now)) do
  local _, its, _, cost = string.match(ticket, TICKET)
  over(ticket, its, cost, now)
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
local ticket = string.format('%d %s %s %.17g %.17g %.17g', number, api, estimate, cost, settled, since)
redis.call('ZADD', KEYS[3], now + ${LIFE_MS}, ticket)
redis.call('HSET', KEYS[2], api .. ':available', available - cost, api .. ':maximum', maximum,
  api .. ':rate', rate, api .. ':at', now, api .. ':granted', granted + cost)
return {ticket}`;

// ARGV now or '', ticket, ms of Retry-After, most on their way [, requested, available, maximum, rate].
export const SETTLE = `${MEMORY}
local asked = tonumber(ARGV[3])
if asked > 0 then
  redis.call('HSET', KEYS[2], 'trial', 1, 'frozen', math.max(read('frozen') or 0, now + asked))
elseif ARGV[5] then
  redis.call('HDEL', KEYS[2], 'trial')
end
local ticket = ARGV[2]
if not redis.call('ZSCORE', KEYS[3], ticket) then return end
local _, api, estimate, cost, settledBefore = string.match(ticket, TICKET)
over(ticket, api, cost, now)
if not ARGV[5] then return end
local onTop = read(api .. ':granted') - tonumber(settledBefore) - tonumber(cost)
local lost = unknown(tonumber(ARGV[4])) * tonumber(cost)
redis.call('HSET', KEYS[2], api .. ':available', tonumber(ARGV[6]) - onTop - lost, api .. ':maximum', ARGV[7],
  api .. ':rate', ARGV[8], api .. ':at', now, api .. ':cost:' .. estimate, ARGV[5], api .. ':told', 1)`;
