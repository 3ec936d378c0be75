// next() as Redis and Valkey run it: translated to Lua.
#pragma once

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {

/// What a store on Redis or Valkey has run for each command: next(), and it tells everybody. Key: the
/// circuit's. Arguments: op, voter, score, quorum, lease, open, probes, sent; the channel; the
/// circuit. Answers done, yes, wait, bad_for, epoch, now. A number that is none is refused. Needs Redis
/// 5 (effects are replicated) or Valkey.
inline constexpr const char* lua = R"lua(
local op, voter = ARGV[1], string.sub(ARGV[2], 1, 64)
local function number(i, low, high)
  local n = tonumber(ARGV[i])
  if n < low then return low elseif n > high then return high else return n end
end
for i = 3, 8 do
  if not string.match(ARGV[i], '^%d+$') or #ARGV[i] > 15 then
    return redis.error_reply('BREAKER argument ' .. i .. ' is no number of 1 to 15 digits')
  end
end
local score, quorum, lease = number(3, 1, 100), number(4, 100, 1600), number(5, 1, 60000)
local open, probes, sent = number(6, 1, 3600000), number(7, 1, 16), number(8, 0, 1e15)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local lists, e = {v = {}, p = {}, f = {}}, {quorum = 0, bad = 0, after = 0, epoch = 0}
local kept, was = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #kept, 2 do
  local field, text = kept[i], kept[i + 1]
  was[field] = text
  if string.sub(field, 2, 2) == ':' then
    local ends, what = string.match(text, '^(%d+) (%d+)$')
    ends = tonumber(ends)
    if ends > now then
      lists[string.sub(field, 1, 1)][string.sub(field, 3)] = {ends = ends, score = tonumber(what), text = text}
    end
  else
    e[field] = tonumber(text)
  end
end
if not next(lists.v) and e.bad <= now then
  lists, e = {v = {}, p = {}, f = {}}, {quorum = 0, bad = 0, after = 0, epoch = 0}
end

local function count(list)
  local n = 0
  for _ in pairs(list) do n = n + 1 end
  return n
end
local function first_to_end(list)
  local first
  for name, one in pairs(list) do
    if not first or one.ends < list[first].ends or (one.ends == list[first].ends and name < first) then
      first = name
    end
  end
  return first
end
local function put(list, lasts, what)
  list[voter] = nil
  if count(list) >= 16 then list[first_to_end(list)] = nil end
  list[voter] = {ends = now + lasts, score = what}
end

local done, yes, wait, epoch, tells, changed = 1, 0, 0, 0, false, true
local function judge()
  e.bad = math.max(e.bad, now + lease + 2 * open)
  e.epoch = math.max(e.epoch + 1, now)
  tells = true
end
if op == 'q' then
  changed = false
elseif math.abs(now - sent) > 1000 then
  done, changed = 0, false
elseif op == 'a' then
  lists.p[voter] = nil
  local from = e.after + (lists.f[voter] and math.floor(open / 2) or 0)
  if e.bad <= now or (from <= now and count(lists.p) < probes) then
    yes = 1
    if e.bad > now then put(lists.p, lease, 0) end
  else
    wait = (from > now and from or lists.p[first_to_end(lists.p)].ends) - now
  end
elseif op == 's' then
  tells = e.bad > now
  if tells then epoch = math.max(e.epoch + 1, now) end
  lists, e = {v = {}, p = {}, f = {}}, {quorum = 0, bad = 0, after = 0, epoch = 0}
elseif op == 'f' then
  lists.p[voter] = nil
  if e.bad > now then
    put(lists.f, lease + 2 * open, 0)
    if e.after <= now then
      judge()
      e.after = now + open
    end
  end
else
  put(lists.v, lease, score)
  e.quorum = math.max(e.quorum, quorum)
  local sum = 0
  for _, one in pairs(lists.v) do sum = sum + one.score end
  if e.bad <= now and sum >= e.quorum then judge() end
end
epoch = math.max(e.epoch, epoch)
local bad_for = e.bad > now and e.bad - now or 0

local function digits(n) return string.format('%.0f', n) end
if changed then
  local ends, fields, gone = e.bad, {}, {}
  local function keep(field, text)
    if was[field] ~= text then
      fields[#fields + 1] = field
      fields[#fields + 1] = text
    end
    was[field] = nil
  end
  for kind, list in pairs(lists) do
    for name, one in pairs(list) do
      ends = math.max(ends, one.ends)
      keep(kind .. ':' .. name, one.text or digits(one.ends) .. ' ' .. digits(one.score))
    end
  end
  if ends > now then
    for name, value in pairs(e) do keep(name, digits(value)) end
    for field in pairs(was) do gone[#gone + 1] = field end
    if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
    if #fields > 0 then redis.call('HSET', KEYS[1], unpack(fields)) end
    redis.call('PEXPIREAT', KEYS[1], digits(ends))
  else
    redis.call('DEL', KEYS[1])
  end
end
if tells then
  redis.call('PUBLISH', ARGV[9], (bad_for > 0 and 'bad ' or 'good ') .. digits(epoch) .. ' ' ..
    digits(bad_for) .. ' ' .. ARGV[10])
end
return {done, yes, wait, bad_for, epoch, now}
)lua";

}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
