-- SPDX-License-Identifier: MIT
-- wrk script: asks for the targets in the file $TARGETS in turn, with method $METHOD (GET) and a
-- body of $BODY_BYTES.
local targets, at = {}, 0
for line in io.lines(os.getenv("TARGETS")) do targets[#targets + 1] = line end
local method = os.getenv("METHOD") or "GET"
local bytes = tonumber(os.getenv("BODY_BYTES") or "0")
local body = bytes > 0 and string.rep("x", bytes) or nil

request = function()
  at = at % #targets + 1
  return wrk.format(method, targets[at], nil, body)
end
