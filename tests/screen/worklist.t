test the worklist stands as it was drawn
size 80x24
env TZ=UTC
env CASELOAD_UI_CLOCK=no
service
run caseload
waitrow 1 5 All
waitrow 2 14 shown of 14
waitrow 23 sync live
row 1 caseload  1 Mine 14  2 Team
row 2 view: Mine  query: is:open owner:me  sort: due
row 3     P CASE        DUE       CITIZEN             SUBJECT                 STATE
row 4 >N  1 ¿¿¿¿-004415 -¿d LATE  Jane Okafor         Missed bin, third week  new
row 21 legend: > here  + marked
row 22 Enter open  t take
row 23 Worklist 1/14  sync live  as: s.rossi
row 24 ¿¿¿¿-004415 Jane Okafor: Missed bin, third week.
cursor 4 1
# the other views are counted meanwhile
shell sleep 1

test moving: the focus is the cursor, the mark and the sentence
keys j
waitrow 23 Worklist 2/14
cursor 5 1
row 24 ¿¿¿¿-004275 Jürgen Müller
bytes 250
keys G
waitrow 23 Worklist 14/14
cursor 17 1
keys gg
waitrow 23 Worklist 1/14
keys <End>
waitrow 23 Worklist 14/14
keys <Home><Down><Down><Up>
waitrow 23 Worklist 2/14
keys k
waitrow 23 Worklist 1/14

test tabs
keys 2
waitrow 2 view: Team
waitrow 23 Worklist 1/1
keys <PgDn>
waitrow 23 Worklist 18/1
keys <C-d>
waitrow 23 Worklist 27/1
keys G
waitrow 23 Worklist 1
keys [
waitrow 2 14 shown of 14
keys ]]]]]
waitrow 2 view: Mine

test a live filter, taken away by Esc
keys /
type bin
waitrow 24 /bin
wait filter: bin
hasnt Restaurant
keys <Enter>
waitrow 2 filter: bin
keys <Esc>
gone filter: bin
wait Restaurant

test half a query is no error, and Esc in the prompt restores what was
keys /
type due<
waitrow 24 /due<
keys <Esc>
waitrow 23 Worklist
hasnt filter:

test marks, and a change of several is shown before it is done
keys gg<Space><Space>
waitrow 23 marked 2
row 4 +N  1
keys #
waitrow 24 :tag
type storm
keys <Enter>
wait Preview: tag storm
has 2 cases would change, 0 left out. Nothing is sent before y.
has tags:
keys y
waitrow 24 2 cases: tag storm. Saved here; u takes them back.
hasnt marked 2
shell test "$(curl -s -H "Authorization: Bearer $TOKEN" "$URL/cases?q=tag:storm" | jq '.items | length')" = 2
keys u
waitrow 24 Taken back on 2 of 2 cases: tag storm.

test Enter alone does nothing in a preview
keys gg<Space><Space>#
type storm
keys <Enter>
wait Preview: tag storm
keys <Enter>
waitrow 24 Nothing was done.
waitrow 23 marked 2
keys -
gone marked 2

test one act: priority up, shown as a command, taken back, repeated
keys gg<Down>>
waitrow 24 ¿¿¿¿-004275: priority up. Saved here; u takes it back.
wait >N  1 ¿¿¿¿-004275
keys !
waitrow 24 caseload priority ¿¿¿¿-004275 up
keys u
waitrow 24 Taken back: priority up, ¿¿¿¿-004275.
wait >N  2 ¿¿¿¿-004275
keys .
waitrow 24 ¿¿¿¿-004275: priority up. Saved here
keys u
waitrow 24 Taken back

test a verb that needs arguments begins its line, and Tab completes
keys a
waitrow 24 :assign
type k.b
keys <Tab>
waitrow 24 :assign k.byrne
keys <Esc>
waitrow 24 ¿¿¿¿-004275

test an unfinished sequence shows what can follow
keys g
wait go outbox
keys <Esc>
gone go outbox

test a key that does nothing says so
keys %
waitrow 24 % does nothing here

test pasted text is never taken as keys
paste jjQq
waitrow 24 Pasted text is not taken as keys.
row 23 Worklist 2/14

test Ctrl-C does not quit at once
keys <C-c>
waitrow 24 Nothing was lost.
keys j
waitrow 23 Worklist 3/14

test y shows, and without ui.copy nothing is given to the terminal
keys yi
waitrow 24 ¿¿¿¿-00
keys yu
waitrow 24 /v1/cases/c
keys yp
waitrow 24 No phone is known here.
never \e]52

test U lists what was done, and takes any of it back
keys U
waitrow 24 There is nothing to undo.
keys q
waitrow 23 Worklist 3/14
keys <lt>
waitrow 24 priority down
keys #
type stairs
keys <Enter>
waitrow 24 tag stairs
keys U
waitrow 3 tag stairs
row 4 priority down
keys j<Enter>
waitrow 24 Taken back: priority down
has tag stairs
keys <Enter>
waitrow 3 Nothing was done yet that could be taken back.
keys q
waitrow 23 Worklist 3/14

test V keeps the query as a tab, here and at the next start
keys /
type bin
keys <Enter>
waitrow 2 filter: bin
keys V
waitrow 24 Save this view as: Mine
keys <C-u>
type Bins
keys <Enter>
waitrow 24 Saved as the view Bins
waitrow 1 6 Bins
row 2 query: (is:open owner:me) bin
shell grep -A1 '^.view "Bins"' "$XDG_CONFIG_HOME/caseload/config" | grep -qx 'query = (is:open owner:me) bin sort:due' && test "$(grep -c '^.view ' "$XDG_CONFIG_HOME/caseload/config")" = 6
shell caseload config check
keys 1
waitrow 2 view: Mine
keys jj
waitrow 23 Worklist 3/14

test N asks for whom, then for the kind
keys N
waitrow 1 New case, for whom?
type okafor jane
wait >  Okafor, Jane
keys <Enter>
waitrow 1 New case for Okafor, Jane: which kind?
keys <Esc>
waitrow 23 Worklist 3/14
keys N
waitrow 1 New case, for whom?
keys <Enter>
waitrow 1 New case for nobody named
keys <Esc>
waitrow 23 Worklist 3/14

test columns are chosen by name; a misspelt one is said and changes nothing
keys C<C-u>
waitrow 24 columns:
type number,team,subject
keys <Enter>
waitrow 3 TEAM
keys C<C-u>
type number,taem
keys <Enter>
waitrow 24 There is no column taem; the nearest is team.
row 3 TEAM
keys C<C-u>
waitrow 24 columns:
keys <Enter>
waitrow 3 DUE

test the window may be resized at any time
resize 160x48
wait preview (p hides it)
cursor 6 1
resize 40x12
waitrow 11 Worklist 3/14
resize 20x5
wait too small
resize 80x24
waitrow 23 Worklist 3/14
cursor 6 1

test quitting
keys Q
exit 0
never \e[41m
never \e[42m
never \e[44m
never \e[48;
