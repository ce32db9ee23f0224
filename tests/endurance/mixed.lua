-- What a registry is asked for all day: wrk … -s mixed.lua URL -- SEED
-- Every registration has an id of its own; most requests are about one of the last WINDOW ones. So entries come, are
-- kept alive for a while, expire, and are forgotten.
local WINDOW = 3000
local OF_A_USER = 4
local expires = 3
local body = '{"descriptor":"hyperty-catalogue://soak.example/.well-known/hyperty/HypertyChat",' ..
	'"resources":["chat","voice"],"dataSchemes":["comm"],"expires":' .. expires ..
	',"status":"live","guid":"user-guid://soak.example/%s",' ..
	'"runtime":"runtime://soak.example/8d3c2f4e-5c1b-4a92-9f60-1d6cb3c0a7e5"}'
local object_body = '{"schema":"hyperty-catalogue://soak.example/.well-known/dataschema/Chat",' ..
	'"name":"room %d","reporter":"hyperty://soak.example/%s","resources":["chat"],' ..
	'"dataSchemes":["comm"],"expires":' .. expires .. ',"status":"live","runtime":"runtime://soak.example/1"}'
local seed, made, objects = "", 0, 0

local function escaped(text)
	return (text:gsub("[:/]", function(c) return string.format("%%%02X", c:byte()) end))
end

local function user(number)
	return string.format("%s-%08d", seed, math.floor(number / OF_A_USER))
end

local function hyperty(number)
	return escaped(string.format("hyperty://soak.example/%s-%08d", seed, number))
end

local function object(number)
	return escaped(string.format("comm://soak.example/%s-%08d", seed, number))
end

local function recent(count)
	return math.max(0, count - 1 - math.random(0, WINDOW - 1))
end

local function user_path(number)
	return "/hyperty/user/" .. escaped("user://soak.example/" .. user(number))
end

local function create()
	local number = made

	made = made + 1
	return wrk.format("PUT", user_path(number) .. "/" .. hyperty(number), nil,
		body:format(user(number)))
end

local function create_object()
	local number = objects

	objects = objects + 1
	return wrk.format("PUT", "/hyperty/dataobject/" .. object(number), nil,
		object_body:format(math.floor(number / 10), user(number)))
end

local function renew()
	return wrk.format("PUT", "/hyperty/url/" .. hyperty(recent(made)), nil, "{}")
end

-- How often, in a hundred, and what.
local kinds = {
	{15, create},
	{3, create_object},
	{30, renew},
	{5, function() return wrk.format("PUT", "/hyperty/url/" .. hyperty(recent(made)), nil,
		'{"status":"live","p2pHandler":"runtime://soak.example/p2p"}') end},
	{2, function() return wrk.format("PUT", "/dataobject/url/" .. object(recent(objects)), nil, "{}") end},
	{18, function() return wrk.format("GET", "/hyperty/url/" .. hyperty(recent(made))) end},
	{14, function() return wrk.format("GET", user_path(recent(made))) end},
	{3, function() return wrk.format("GET", "/hyperty/email/" .. user(recent(made)) ..
		"/hyperty?resources=voice") end},
	{2, function() return wrk.format("GET", "/hyperty/guid/" ..
		escaped("user-guid://soak.example/" .. user(recent(made)))) end},
	{2, function() return wrk.format("GET", "/hyperty/dataobject/name/room%20" ..
		math.floor(recent(objects) / 10)) end},
	{3, function()
		local number = recent(made)
		return wrk.format("DELETE", user_path(number) .. "/" .. hyperty(number))
	end},
	{1, function() return wrk.format("GET", "/registry/updated") end},
	{1, function() return wrk.format("PUT", "/hyperty/url/" .. hyperty(recent(made)), nil, '{"status":') end},
	{1, function() return wrk.format("GET", "/no/such/path") end},
}

local drawn = {}

function init(arguments)
	seed = arguments[1]
	math.randomseed(tonumber(arguments[1]))
	for _, kind in ipairs(kinds) do
		for _ = 1, kind[1] do
			drawn[#drawn + 1] = kind[2]
		end
	end
end

function request()
	return drawn[math.random(#drawn)]()
end

-- 404 and 408 are among what is expected, and wrk counts them as errors: that is left out here.
function done(summary, latency)
	local errors = summary.errors

	io.write(string.format('{"requests": %d, "broken": %d, "p50_ms": %.3f, "p999_ms": %.3f, "max_ms": %.3f}\n',
		summary.requests, errors.connect + errors.read + errors.write + errors.timeout,
		latency:percentile(50) / 1e3, latency:percentile(99.9) / 1e3, latency.max / 1e3))
end
