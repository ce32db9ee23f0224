-- What wrk asks registryd for: wrk … -s load.lua URL -- read|renew|fill USERS
-- fill registers every user once, and ends when all have been answered. Run it with one thread.
local hyperties_of_a_user = 2
local body = '{"descriptor":"hyperty-catalogue://bench.example/.well-known/hyperty/HypertyChat",' ..
	'"resources":["chat"],"dataSchemes":["comm"],"expires":3600,"status":"live",' ..
	'"runtime":"runtime://bench.example/8d3c2f4e-5c1b-4a92-9f60-1d6cb3c0a7e5"}'
local users, next_number, answered, refused = 0, 0, 0, 0

local function escaped(text)
	return (text:gsub("[:/]", function(c) return string.format("%%%02X", c:byte()) end))
end

local function user(number)
	return escaped(string.format("user://bench.example/%08d", number))
end

local function hyperty(number)
	return escaped(string.format("hyperty://bench.example/%08d-%d",
		math.floor(number / hyperties_of_a_user), number % hyperties_of_a_user))
end

local function any()
	return math.random(0, users * hyperties_of_a_user - 1)
end

local requests = {}

function requests.read()
	return wrk.format("GET", "/hyperty/user/" .. user(math.floor(any() / hyperties_of_a_user)))
end

function requests.renew()
	return wrk.format("PUT", "/hyperty/url/" .. hyperty(any()), nil, "{}")
end

-- Goes on from the first one while the last answers are on their way; wrk keeps one for itself.
function requests.fill()
	local number = next_number % (users * hyperties_of_a_user)

	next_number = next_number + 1
	return wrk.format("PUT", "/hyperty/user/" .. user(math.floor(number / hyperties_of_a_user)) ..
		"/" .. hyperty(number), nil, body)
end

-- wrk itself would wait until its time is over.
local function count_filled(status)
	answered = answered + 1
	refused = refused + (status == 200 and 0 or 1)
	if answered == users * hyperties_of_a_user + 64 then
		print(string.format('{"operations": %d, "failed": %d}', answered, refused))
		io.flush()
		os.exit(0)
	end
end

function init(arguments)
	users = tonumber(arguments[2])
	math.randomseed(os.time())
	request = requests[arguments[1]]
	if arguments[1] == "fill" then
		response = count_filled
	end
end

function done(summary, latency)
	local errors = summary.errors
	io.write(string.format('{"operations": %d, "failed": %d, "seconds": %.3f, "p50_ms": %.3f, ' ..
		'"p99_ms": %.3f, "max_ms": %.3f}\n', summary.requests,
		errors.connect + errors.read + errors.write + errors.status + errors.timeout,
		summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
		latency.max / 1e3))
end
