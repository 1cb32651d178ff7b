package redis

import (
	"crypto/sha1"
	"encoding/hex"
)

// script is the unit of work: Redis runs nothing else meanwhile. Its first key
// says where a Cluster runs it, and all of them have one hash tag.
type script struct {
	source string
	// sum names the script to a Redis that has met it.
	sum string
}

func newScript(source string) script {
	sum := sha1.Sum([]byte(source)) // Redis wants this one
	return script{source, hex.EncodeToString(sum[:])}
}

// withTime begins every script. The first argument is the time, or nothing
// when that of Redis counts.
const withTime = `
local clock = tonumber(ARGV[1])
local function time()
	if clock then return clock end
	local now = redis.call('TIME')
	return now[1] * 1000 + math.floor(now[2] / 1000)
end
`

// withLive begins the scripts about records. Their second argument is the
// beginning of all keys of a kind, which is what locate returns. Names in
// arguments, answers and fields are whole; keys and members of groups do
// without the kind, because Redis has a small form for groups of short ones.
const withLive = withTime + `
local kind = string.match(ARGV[2], '{([^~}]+)}:$')
local before = kind and kind .. ':' or ''
local function short(name) return string.sub(name, #before + 1) end
local function record(name) return ARGV[2] .. 'r:' .. short(name) end
local function group(name) return ARGV[2] .. 'g:' .. short(name) end

-- live returns version and group of a record, or nothing. Redis ends the key by
-- itself; only with the clock of a test the lifetime is to be looked at.
local function live(name)
	local found = redis.call('HMGET', record(name), 'version', 'expires', 'group')
	if found[2] and not (clock and tonumber(found[2]) <= clock) then
		return tonumber(found[1]), found[3]
	end
end
`

// withRecords begins those that touch more than the record they are about.
//
// The third argument is "declare" in a Cluster. While a kind moves to another
// node, some of its keys are here and some there, and Redis refuses a script
// whose keys are not all where it runs; but it knows only those it was told of.
// A script that comes upon another one changes nothing and returns its name,
// to be run again with it. Without that, what is elsewhere would look as if it
// were not there.
const withRecords = withLive + `
local declared, undeclared = {}, {}
if ARGV[3] == 'declare' then
	for _, key in ipairs(KEYS) do declared[key] = true end
end
local function needs(key)
	if ARGV[3] == 'declare' and not declared[key] then undeclared[#undeclared + 1] = key end
end
local function needsGroup(name)
	if name and name ~= '' then needs(group(name)) end
end
local function needsGroupOf(name) needsGroup(redis.call('HGET', record(name), 'group')) end

-- members returns the names of the records that a group may have.
local function members(name)
	local found = redis.call('ZRANGE', group(name), 0, -1)
	for i, member in ipairs(found) do
		found[i] = before .. member
		needs(record(found[i]))
	end
	return found
end

local function remove(name)
	local belongs = redis.call('HGET', record(name), 'group')
	if belongs and belongs ~= '' then
		redis.call('ZREM', group(belongs), short(name))
	end
	redis.call('DEL', record(name))
end

-- lasts sets the lifetime of a record that is there. The group forgets what has
-- ended and lasts as long as the last of its records.
local function lasts(name, ttl, belongs)
	redis.call('PEXPIRE', record(name), ttl)
	if belongs ~= '' then
		local set, now = group(belongs), time()
		redis.call('ZADD', set, now + ttl, short(name))
		redis.call('ZREMRANGEBYSCORE', set, '-inf', now)
		redis.call('PEXPIRE', set, redis.call('ZRANGE', set, -1, -1, 'WITHSCORES')[2] - now)
	end
end

-- make writes a new record over whatever was there. It takes memory before it
-- frees any: with none left Redis refuses the first write of a script alone.
local function make(name, value, ttl, expires, belongs)
	if ttl <= 0 then
		remove(name)
		return
	end
	local belonged = redis.call('HGET', record(name), 'group')
	redis.call('HSET', record(name), 'value', value, 'version', 1, 'expires', expires, 'group', belongs)
	if belonged and belonged ~= '' and belonged ~= belongs then
		redis.call('ZREM', group(belonged), short(name))
	end
	lasts(name, ttl, belongs)
end
`

// What a script says of a record it could not work on.
const (
	saysNotFound = -1
	saysConflict = -2
	saysExists   = -3
)

var (
	// getScript reads the records named by its further arguments; of one that is
	// not live it says nothing.
	getScript = newScript(withLive + `
local found = {}
for i = 4, #ARGV do
	if live(ARGV[i]) then
		local fields = redis.call('HMGET', record(ARGV[i]), 'group', 'value', 'version', 'expires')
		found[#found + 1] = {ARGV[i], unpack(fields)}
	end
end
return found`)

	// listScript reads the records of a group.
	listScript = newScript(withRecords + `
local names, found = members(ARGV[4]), {}
if #undeclared > 0 then return undeclared end
for _, name in ipairs(names) do
	local _, belongs = live(name)
	if belongs == ARGV[4] then
		local fields = redis.call('HMGET', record(name), 'group', 'value', 'version', 'expires')
		found[#found + 1] = {name, unpack(fields)}
	end
end
return found`)

	createScript = newScript(withRecords + `
local name, value, ttl, expires, belongs = ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7], ARGV[8]
if live(name) then return -3 end
needsGroup(belongs)
needsGroupOf(name)
if #undeclared > 0 then return undeclared end
make(name, value, ttl, expires, belongs)
return 1`)

	updateScript = newScript(withRecords + `
local name, value, ttl, expires, version = ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local current, belongs = live(name)
if not current then return -1 end
if current ~= version then return -2 end
needsGroup(belongs)
if #undeclared > 0 then return undeclared end
if ttl > 0 then
	redis.call('HSET', record(name), 'value', value, 'version', version + 1, 'expires', expires)
	lasts(name, ttl, belongs)
else
	remove(name)
end
return version + 1`)

	touchScript = newScript(withRecords + `
local name, ttl, expires = ARGV[4], tonumber(ARGV[5]), ARGV[6]
local current, belongs = live(name)
if not current then return -1 end
needsGroup(belongs)
if #undeclared > 0 then return undeclared end
if ttl > 0 then
	redis.call('HSET', record(name), 'expires', expires)
	lasts(name, ttl, belongs)
else
	remove(name)
end
return current`)

	// rotateScript makes the new record before it removes the old one, for the
	// same reason as make.
	rotateScript = newScript(withRecords + `
local old, name, value, ttl, expires, belongs, version =
	ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7]), ARGV[8], ARGV[9], tonumber(ARGV[10])
local current = live(old)
if not current then return -1 end
if current ~= version then return -2 end
if name ~= old and live(name) then return -3 end
needsGroup(belongs)
needsGroupOf(old)
needsGroupOf(name)
if #undeclared > 0 then return undeclared end
make(name, value, ttl, expires, belongs)
if name ~= old then remove(old) end
return 1`)

	deleteScript = newScript(withRecords + `
local current = live(ARGV[4])
needsGroupOf(ARGV[4])
if #undeclared > 0 then return undeclared end
remove(ARGV[4])
if current then return 1 end
return 0`)

	// deleteGroupScript takes out of the index only what it removes, finds ended
	// or finds to be of another group.
	deleteGroupScript = newScript(withRecords + `
local names, gone = members(ARGV[4]), 0
if #undeclared > 0 then return undeclared end
for _, name in ipairs(names) do
	if redis.call('HGET', record(name), 'group') == ARGV[4] then
		if live(name) then gone = gone + 1 end
		redis.call('DEL', record(name))
	end
	redis.call('ZREM', group(ARGV[4]), short(name))
end
return gone`)

	acquireScript = newScript(withTime + `
local owner, ttl, now = ARGV[2], tonumber(ARGV[3]), time()
local expires = redis.call('HGET', KEYS[1], 'expires')
if expires and tonumber(expires) > now then return 0 end
redis.call('HSET', KEYS[1], 'owner', owner, 'expires', now + ttl)
redis.call('PEXPIRE', KEYS[1], ttl)
return 1`)

	renewScript = newScript(withTime + `
local owner, ttl, now = ARGV[2], tonumber(ARGV[3]), time()
local lease = redis.call('HMGET', KEYS[1], 'owner', 'expires')
if lease[1] ~= owner or tonumber(lease[2]) <= now then return 0 end
redis.call('HSET', KEYS[1], 'expires', now + ttl)
redis.call('PEXPIRE', KEYS[1], ttl)
return 1`)

	releaseScript = newScript(withTime + `
if redis.call('HGET', KEYS[1], 'owner') == ARGV[2] then redis.call('DEL', KEYS[1]) end
return 1`)
)
