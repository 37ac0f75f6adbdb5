-- A path that nobody asked for before, each time: wrk -s unique.lua URL -- PREFIX
local prefix, n = "/", 0

function init(arguments)
	prefix = "GET " .. arguments[1]
end

function request()
	n = n + 1
	return prefix .. n .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
end
