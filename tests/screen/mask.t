# Sensitive fields of a case: masked on every tab, beside it, in the list's preview and in the form, until they are
# asked for with a reason that the access log has.
size 160x48
env CASELOAD_UI_CLOCK=no
service
shell caseload new --kind=blue-badge --citizen=p1 --purpose=test 'request=first badge' 'holder=the applicant' 'doctor=Dr Secretive' 'doctor_may_be_asked=yes' 'subject=Badge for Jane' --team=refuse >/dev/null
shell caseload assign s.rossi --where 'Badge for Jane' >/dev/null && caseload edit --where 'Badge for Jane' 'doctor=Dr Unseen' >/dev/null
run caseload
waitrow 2 15 shown of 15
keys /
type badge for jane
keys <Enter>
waitrow 2 1 shown

test in the preview, the timeline, the fields beside it and their tab
wait took the case
hasnt Dr 
keys <Enter>
waitrow 1 Badge for Jane
wait "doctor":"******"
wait citizen 360
hasnt Dr 
keys 2
wait Doctor who may be...
has ******
hasnt Dr 

test with a reason they are shown, and the access log has it
keys v
waitrow 48 Why do you need to see this?
keys <Enter>
waitrow 48 Nothing is shown without a reason.
hasnt Dr 
keys v
type the doctor is called
keys <Enter>
waitrow 48 Shown; the asking and its reason are on the access log.
wait Dr Unseen
keys 1
wait "doctor":"Dr Unseen"
until curl -s -H "Authorization: Bearer $TOKEN" $URL/citizens/p1/access | grep -q 'the doctor is called'

test asked for once more they are masked, and so they are when the case is left
keys v
gone Dr Unseen
keys v
type again
keys <Enter>
wait Dr Unseen
keys q
waitrow 1 1 Mine
hasnt Dr 
keys <Enter>
waitrow 1 Badge for Jane
wait "doctor":"******"
hasnt Dr 

test in the form typing replaces it, and what was typed is what is sent
keys e
wait Save the changes
hasnt Dr 
keys <Down><Down><Down><Down>
waitrow 48 Doctor who may be asked: masked; typing replaces it
type Dr New
waitrow 48 Doctor who may be asked: Dr New
keys <F2>
waitrow 1 Badge for Jane
gone Dr New
hasnt Dr 
until curl -s -H "Authorization: Bearer $TOKEN" -H 'Purpose: test' "$URL/cases?q=badge+for+jane" | grep -q 'Dr New'
keys Q
exit 0
