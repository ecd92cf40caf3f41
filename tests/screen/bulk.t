# Several cases at once: marks, a preview, one key to do it, one to take it back. The service is asked over HTTP.
size 80x24
env CASELOAD_UI_CLOCK=no
service
run caseload
waitrow 2 14 shown of 14
waitrow 23 sync live

test a tag on marked rows is previewed; nothing is sent before y
keys <Space>j<Space>
row 23 marked 2
row 4 +N
keys #
waitrow 24 :tag
type storm
keys <Enter>
waitrow 1 Preview: tag storm
row 2 2 cases would change, 0 left out. Nothing is sent before y.
has -> storm
idle 500
shell tests/ask /cases/c1 '.version == 1'
shell tests/ask /cases/c3 '.version == 1'

test Enter alone is no yes: it leaves, with the marks as they were
keys <Enter>
waitrow 1 1 Mine
row 23 marked 2
shell tests/ask /cases/c1 '.version == 1'

test y sends it, to the marked alone
keys #
type storm
keys <Enter>
waitrow 1 Preview: tag storm
keys y
waitrow 24 2 cases: tag storm.
until tests/ask /cases/c3 '.tags | contains(["storm"])'
until tests/ask /cases/c1 '.tags | contains(["storm"])'
shell tests/ask /cases/c2 '.version == 1'
gone outbox

test u takes both back
keys u
until tests/ask /cases/c1 '.tags | contains(["storm"]) | not'
until tests/ask /cases/c3 '.tags | contains(["storm"]) | not'

test those left out are told with the reason
keys -*
row 23 marked 14
keys a
type me
keys <Enter>
waitrow 2 0 cases would change, 14 left out
keys <Esc>
waitrow 1 1 Mine

test the budget: / bin Enter * > y changes all that match
keys -/bin<Enter>
wait filter: bin
keys *>
waitrow 1 Preview: priority up
keys y
waitrow 24 priority up
until tests/ask /cases/c12 '.priority == 3'
shell tests/ask /cases/c2 '.priority == 2'
keys Q
exit 0
