-- Registrations, each of an id of its own: wrk … -s flood.lua URL -- SEED PAUSE
-- Each connection pauses so many milliseconds behind an answer; 0: registers as fast as is answered.
-- Counts what was answered 200 and 503, by all threads.
local body = '{"descriptor":"hyperty-catalogue://flood.example/.well-known/hyperty/HypertyChat",' ..
	'"resources":["chat"],"dataSchemes":["comm"],"expires":3600,"status":"live",' ..
	'"runtime":"runtime://flood.example/1"}'
local threads = {}
local made = 0

function setup(thread)
	thread:set("number", #threads)
	threads[#threads + 1] = thread
end

function init(arguments)
	seed = arguments[1]
	pause = tonumber(arguments[2])
	if pause == 0 then
		delay = nil
	end
	served, refused, others = 0, 0, 0
end

-- Around it, so that they do not all come at once.
function delay()
	return math.floor(pause * (0.5 + math.random()))
end

function request()
	made = made + 1
	return wrk.format("PUT", string.format("/hyperty/user/%s-%d-%d/%s-%d-%d", seed, number,
		math.floor(made / 4), seed, number, made), nil, body)
end

function response(status)
	if status == 200 then
		served = served + 1
	elseif status == 503 then
		refused = refused + 1
	else
		others = others + 1
	end
end

function done(summary, latency)
	local served, refused, others = 0, 0, 0
	local errors = summary.errors

	for _, thread in ipairs(threads) do
		served = served + thread:get("served")
		refused = refused + thread:get("refused")
		others = others + thread:get("others")
	end
	io.write(string.format(
		'{"seconds": %.3f, "served": %d, "refused": %d, "others": %d, "broken": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
		summary.duration / 1e6, served, refused, others,
		errors.connect + errors.read + errors.write + errors.timeout,
		latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
