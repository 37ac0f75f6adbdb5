-- All paths of a range, again and again: wrk -s sweep.lua URL -- PREFIX COUNT FIELD
local prefix, count, field, n = "/", 1, "", 0

function init(arguments)
	prefix, count, field = arguments[1], tonumber(arguments[2]), arguments[3]
end

function request()
	n = (n + 1) % count
	return "GET " .. prefix .. n .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n" .. field .. "\r\n\r\n"
end
