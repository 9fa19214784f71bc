"""Scripts: the verbs of a store in Redis, each one atomic at the server.

A session is one hash. Its values are fields that begin with ``v:``; ``m:`` has all else
in one text, parts of which may be empty::

    session|mark created used expires permanent mark_until owner successor

``m:applied`` has the ids of the last updates with increments, a line each. What has no
such ``m:`` is none of ours: no verb reads it, and none changes it.

Redis frees a session an hour after it expired, by the clock of whoever wrote it: a key
is given the seconds that are left, and not a date.

The first write of a script decides whether there is memory for it; what follows is not
refused any more. So a script is done whole, or not at all.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from .base import REMEMBERED

KEPT = 3600  # seconds for which what has expired is still there


class Script(NamedTuple):
    """What the server runs, and the name under which it remembers that."""

    text: str
    sha: str


def _script(text: str) -> Script:
    """A script, with the record under its key in local variables."""
    return _bare(f"local KEPT, REMEMBERED = {KEPT}, {REMEMBERED}\n{_RECORD}{text}")


def _bare(text: str) -> Script:
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


_RECORD = """\
local key, at = KEYS[1], 0
local function take() at = at + 1 return ARGV[at] end
local record = redis.pcall('HGET', key, 'm:')
local kind, created, used, expires, permanent, mark_until, owner, successor
if type(record) == 'string' then
  kind, created, used, expires, permanent, mark_until, owner, successor = string.match(
    record, '^(%a+) (%d+) (%d+) (%d+) ([01]) (%d+) (%x*) (%x*)$')
  if kind ~= 'session' and kind ~= 'mark' then kind = nil end
end
local function keep()
  redis.call('HSET', key, 'm:', table.concat(
    {kind, created, used, expires, permanent, mark_until, owner, successor}, ' '))
end
local function leave_mark(ends, becomes)
  used = ends
  if tonumber(ends) < tonumber(mark_until) then ends = mark_until end
  local left = redis.call('TTL', key)
  redis.call('DEL', key)
  local before = expires
  kind, expires, permanent, owner, successor = 'mark', ends, '0', '', becomes
  keep()
  if left >= 0 then
    redis.call('EXPIRE', key, string.format('%d', left + ends - before))
  end
end
"""

#: Arguments: ``m:``, ``m:applied``, used, seconds that it is kept; each field and text.
CREATE = _script("""\
local text, applied, now, left = take(), take(), take(), take()
if kind and tonumber(expires) < tonumber(now) then
  redis.call('DEL', key)
end
if redis.call('EXISTS', key) == 0 then
  redis.call('HSET', key, 'm:', text)
  if applied ~= '' then redis.call('HSET', key, 'm:applied', applied) end
  for field = at + 1, #ARGV, 2 do
    redis.call('HSET', key, ARGV[field], ARGV[field + 1])
  end
  redis.call('EXPIRE', key, left)
  return 1
end
if record ~= text or (redis.call('HGET', key, 'm:applied') or '') ~= applied then
  return 0
end
local fields = 1 + (#ARGV - at) / 2
if applied ~= '' then fields = fields + 1 end
if redis.call('HLEN', key) ~= fields then return 0 end
for field = at + 1, #ARGV, 2 do
  if redis.call('HGET', key, ARGV[field]) ~= ARGV[field + 1] then return 0 end
end
return 1
""")

#: Arguments: times, owners and flags of the changes, as they are taken below; how many
#: fields stay (-1: all), and which; then, of those set, deleted and incremented, how
#: many there are, and each with its texts. None at reading is an empty one.
UPDATE = _script("""\
local alive_at, now, ends, shortened = take(), take(), take(), take()
local owner_read, new_owner, new_permanent, id = take(), take(), take(), take()
if not kind or tonumber(expires) < tonumber(alive_at) then return {'gone'} end
if kind == 'mark' then return {'replaced'} end
if owner ~= owner_read and owner ~= new_owner then return {'other_owner'} end

local answer, stay = {'saved'}, tonumber(take())
if stay >= 0 then
  local stays = {}
  for _ = 1, stay do stays[take()] = true end
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 2) == 'v:' and not stays[field] then
      redis.call('HDEL', key, field)
    end
  end
end
for _ = 1, tonumber(take()) do
  local field, read, text = take(), take(), take()
  local was = redis.call('HGET', key, field) or ''
  if was ~= read and was ~= text then answer[#answer + 1] = field end
  if was ~= text then redis.call('HSET', key, field, text) end
end
for _ = 1, tonumber(take()) do
  local field, read = take(), take()
  local was = redis.call('HGET', key, field)
  if was and was ~= read then answer[#answer + 1] = field end
  redis.call('HDEL', key, field)
end

local steps = tonumber(take())
local applied = steps > 0 and redis.call('HGET', key, 'm:applied') or ''
if steps > 0 and not string.find('\\n' .. applied, '\\n' .. id .. '\\n', 1, true) then
  for _ = 1, steps do
    local field, step, text = take(), take(), take()
    local was = redis.call('HGET', key, field) or ''
    local digits = string.match(was, '^-?([1-9]%d*)$') or string.match(was, '^0$')
    if digits and #digits <= 18 then
      redis.call('HINCRBY', key, field, step)
    else
      redis.call('HSET', key, field, text)
    end
  end
  applied = applied .. id .. '\\n'
  local _, many = string.gsub(applied, '\\n', '')
  if many > REMEMBERED then applied = string.match(applied, '\\n(.*)') end
  redis.call('HSET', key, 'm:applied', applied)
end

if tonumber(used) < tonumber(now) then used = now end
if shortened == '1' or tonumber(expires) < tonumber(ends) then expires = ends end
if new_permanent ~= '' then permanent = new_permanent end
owner = new_owner
keep()
redis.call('EXPIRE', key, string.format('%d', expires - now + KEPT))
return answer
""")

#: Arguments: until when the mark stays, and the successor. Answers what was there.
RETIRE = _script("""\
if not kind then return false end
local was = redis.call('HGETALL', key)
if kind == 'session' then leave_mark(ARGV[1], ARGV[2]) end
return was
""")

#: Argument: a successor that is deleted already. Answers what was there, its owner, and
#: of a mark that stays, the successor that is to be deleted first.
DELETE = _script("""\
if not kind then return {'', '', ''} end
local answer = {kind, owner, ''}
if successor ~= '' and successor ~= (ARGV[1] or '') then
  answer[3] = successor
elseif mark_until == '0' then
  redis.call('DEL', key)
else
  leave_mark('0', '')
end
return answer
""")

#: Of an owner's index. Arguments: a session's key, when it expires, the time before
#: which what expired is gone, and the seconds that the index is kept at least.
ADD_HINT = _bare("""\
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[3])
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[4]) then
  redis.call('EXPIRE', KEYS[1], ARGV[4])
end
return 1
""")
