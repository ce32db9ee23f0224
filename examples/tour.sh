#!/bin/bash
# A day of a registry, with messages as real clients send them: three users on several devices
# register, refresh, are found, share data objects, vanish, are told about and come back; in
# between the server is restarted, and killed. Fails if an answer is not as docs/http-api.md says.
#
#   examples/tour.sh [PROGRAM]      default: build/registryd, built if it is not there
set -euo pipefail

case ${1:-} in
-h | --help)
    sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac

root=$(cd "$(dirname "$0")/.." && pwd)
program=${1:-$root/build/registryd}
[ $# -gt 0 ] || [ -x "$program" ] || make -C "$root" build
[ -x "$program" ] || { echo "no program at $program" >&2; exit 1; }

scratch=$(mktemp -d)
server=
refresher=
trap 'end' EXIT

end() {
    [ -z "$refresher" ] || kill "$refresher" || true
    [ -z "$server" ] || kill "$server" || true
    wait
    rm -rf "$scratch"
}

# ---- What is told, and what is checked ----

chapter() { printf '\n== %s\n' "$*"; }

fail() {
    printf '\nNOT AS SPECIFIED: %s\n' "$*" >&2
    printf 'the last answer: %s %s\n' "$status" "$body" >&2
    exit 1
}

# encode TEXT: as encodeURIComponent does
encode() { jq -rn --arg text "$1" '$text | @uri'; }

status=0
body=

# send METHOD PATH [BODY]: sets status and body
send() {
    local arguments=(--silent --max-time 10 --request "$1" --write-out '\n%{http_code}')
    [ $# -lt 3 ] || arguments+=(--header 'Content-Type: application/json' --data-binary "$3")
    local answer
    answer=$(curl "${arguments[@]}" "$url$2") || { status=none; body=; return 0; }
    status=${answer##*$'\n'}
    body=${answer%$'\n'*}
}

# expect STATUS [JQ-CONDITION]: what the answer to the last send has to be
expect() {
    [ "$status" = "$1" ] || fail "status $1 was due"
    [ $# -lt 2 ] || jq -e "$2" <<<"$body" >"$scratch/jq" 2>&1 || fail "this was due: $2"
}

# step SENTENCE METHOD PATH BODY-OR-"" STATUS [JQ-CONDITION]
step() {
    printf '   %s\n' "$1"
    if [ -n "$4" ]; then send "$2" "$3" "$4"; else send "$2" "$3"; fi
    expect "$5" "${6:-true}"
}

# until_true SECONDS COMMAND…: waits for what is to come, with a deadline
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "this did not come about: $*"
        sleep 0.1
    done
}

# ---- The server ----

listens() { grep -q '"event.action":"server.ready"' "$scratch/log"; }

start() {
    : >"$scratch/log"
    "$program" --bind 127.0.0.1 --port 0 --admin none --store lmdb --data-dir "$scratch/data" \
        2>"$scratch/log" &
    server=$!
    until_true 10 listens
    port=$(jq -r 'select(."event.action" == "server.ready").port' "$scratch/log")
    url=http://127.0.0.1:$port
    echo "$url" >"$scratch/url"
}

restart() { # SIGNAL
    local code=0
    kill "-$1" "$server"
    { wait "$server" || code=$?; } 2>/dev/null # the shell would say "Killed"
    [ "$1" = KILL ] || [ "$code" = 0 ] || fail "exit code 0 was due after SIG$1, not $code"
    server=
    start
}

# ---- Who is there ----

ann=$(encode 'user://csp.example/ann@csp.example')
bob=$(encode 'user://google.com/bob@mail.example')
eve=$(encode 'eve+work@csp.example')
ann_phone=$(encode 'hyperty://csp.example/41f0-phone')
ann_laptop=$(encode 'hyperty://csp.example/41f1-laptop')
bob_phone=$(encode 'hyperty://mail.example/b0b-phone')
bob_home=$(encode 'hyperty://mail.example/b0b-home')
eve_tablet=$(encode 'hyperty://csp.example/e7e-tablet')
room=$(encode 'comm://csp.example/77aa-room')

# hyperty DEVICE EXPIRES RESOURCES [MORE-JSON]: a body as a runtime sends it
hyperty() {
    jq -cn --arg device "$1" --argjson expires "$2" --argjson resources "$3" \
        --argjson more "${4:-{\}}" '{
            descriptor: "hyperty-catalogue://csp.example/.well-known/hyperty/Chat",
            resources: $resources, dataSchemes: ["comm"], expires: $expires, status: "live",
            runtime: "runtime://csp.example/\($device)"} + $more'
}

# The runtimes: each refreshes its hyperties every expires/2.2 seconds, by {"status":"live"}.
lifetime=4
interval=$(jq -n "$lifetime / 2.2")

refresh_for_ever() {
    trap 'exit 0' TERM # after the request at hand
    while :; do
        for device in "$@"; do
            curl --silent --output /dev/null --max-time 2 --request PUT \
                --data '{"status":"live"}' "$(cat "$scratch/url")/hyperty/url/$device" || true
        done
        sleep "$interval"
    done
}

# only_these_refresh DEVICE…: the others fall silent, with no request of theirs on its way any more
only_these_refresh() {
    if [ -n "$refresher" ]; then
        kill "$refresher"
        wait "$refresher"
        refresher=
    fi
    [ $# = 0 ] && return
    refresh_for_ever "$@" &
    refresher=$!
}

told_of() { # ID…: polls as a message node does; adds to what was told, true if all are in it
    send GET /registry/updated
    expect 200 'type == "object"'
    jq -r 'keys[]' <<<"$body" >>"$scratch/told"
    for id in "$@"; do
        grep -qxF "$id" "$scratch/told" || return 1
    done
}

# ---- The day ----

chapter 'Morning: a registry with nothing in it'
start
step 'it is up, and empty' GET /live '' 200 '.status == "up" and .Hyperties_stored == "0"'
step 'it is ready for the load balancer' GET /ready '' 200 '.status == "ready"'
step 'nobody went away' GET /registry/updated '' 200 '. == {}'
step 'nobody has heard of Ann' GET "/hyperty/user/$ann" '' 404 '.message == "Not Found"'

chapter "Three users come on line, on five devices; each asks for $lifetime seconds"
created='. == {"message": "Hyperty created"}'
step 'Ann, on her phone' PUT "/hyperty/user/$ann/$ann_phone" \
    "$(hyperty phone $lifetime '["chat","voice"]' '{"guid":"user-guid://q7","p2pHandler":"p2p://a"}')" \
    200 "$created"
step 'Ann, on her laptop' PUT "/hyperty/user/$ann/$ann_laptop" \
    "$(hyperty laptop $lifetime '["chat","video"]')" 200 "$created"
step 'Bob, on his phone' PUT "/hyperty/user/$bob/$bob_phone" \
    "$(hyperty phone $lifetime '["chat","voice"]' '{"guid":"user-guid://b0"}')" 200 "$created"
step 'Bob, at home' PUT "/hyperty/user/$bob/$bob_home" \
    "$(hyperty home $lifetime '["chat","video"]')" 200 "$created"
step 'Eve, on her tablet; there is a plus in her name' PUT "/hyperty/user/$eve/$eve_tablet" \
    "$(hyperty tablet $lifetime '["chat"]')" 200 "$created"
only_these_refresh "$ann_phone" "$ann_laptop" "$bob_phone" "$bob_home" "$eve_tablet"

step 'a runtime of the first generation lacks members' PUT "/hyperty/user/$eve/old" \
    '{"descriptor":"d","expires":120}' 400 '.message == "Bad Request"'
step "Eve cannot take over Bob's phone" PUT "/hyperty/user/$eve/$bob_phone" \
    "$(hyperty tablet 3600 '[]')" 404 '.message == "Not Found"'

chapter 'They find one another'
step 'all of Ann' GET "/hyperty/user/$ann" '' 200 \
    'length == 2 and all(.[]; .userID == "user://csp.example/ann@csp.example")'
step 'who of Ann has video' GET "/hyperty/user/$ann/hyperty?resources=video&dataSchemes=comm" '' \
    200 'keys == ["hyperty://csp.example/41f1-laptop"]'
step 'by her e-mail' GET '/hyperty/email/ann%40csp.example/hyperty?resources=chat,voice' '' 200 \
    'keys == ["hyperty://csp.example/41f0-phone"]'
step 'by her GUID: all she has, laptop too' GET "/hyperty/guid/$(encode user-guid://q7)" '' 200 \
    'length == 2'
step 'one of them, which can be reached directly' GET "/hyperty/url/$ann_phone" '' 200 \
    'has("p2pHandler") and (has("p2pRequester") | not) and (.expires | type) == "number"'
step 'Eve, under her own name' GET "/hyperty/user/$eve" '' 200 \
    '.["hyperty://csp.example/e7e-tablet"].userID == "eve+work@csp.example"'
step 'a plus is a space, so that is somebody else' GET '/hyperty/user/eve+work@csp.example' '' 404
step 'nobody offers messaging' GET "/hyperty/user/$ann/hyperty?resources=messaging" '' 404

chapter 'Ann opens a room'
step 'her phone reports it' PUT "/hyperty/dataobject/$room" \
    "$(jq -cn '{schema: "hyperty-catalogue://csp.example/Communication", name: "stand-up",
        reporter: "hyperty://csp.example/41f0-phone", resources: ["chat"], dataSchemes: ["comm"],
        status: "live", expires: 3600, runtime: "runtime://csp.example/phone"}')" \
    200 '. == {"message": "Data object created"}'
step 'Bob finds it by its name' GET '/hyperty/dataobject/name/stand-up/do?resources=chat' '' 200 \
    'keys == ["comm://csp.example/77aa-room"]'
step 'and by its reporter' GET "/hyperty/dataobject/reporter/$ann_phone" '' 200 'length == 1'
step 'it is given another name' PUT "/dataobject/url/$room" '{"name":"retrospective"}' 200 \
    '. == {"message": "data object updated"}'
step 'so the old one leads nowhere' GET /hyperty/dataobject/name/stand-up '' 404

chapter 'They stay for longer than a lifetime, since their runtimes refresh'
for _ in 1 2 3; do
    sleep "$interval"
    step 'Ann is there' GET "/hyperty/url/$ann_phone" '' 200 '.status == "live"'
done
step 'and nobody went away' GET /registry/updated '' 200 '. == {}'

chapter 'The server is restarted'
restart TERM
step 'all five are there' GET /live '' 200 '.Hyperties_stored == "5"'
step 'Ann has lost nothing' GET "/hyperty/user/$ann" '' 200 'length == 2'
step 'nor the room' GET /hyperty/dataobject/name/retrospective '' 200 'length == 1'

chapter 'Bob hangs up on one device, and his battery dies on the other'
only_these_refresh "$ann_phone" "$ann_laptop"
step 'he unregisters at home: he says so himself' PUT "/hyperty/url/$bob_home" \
    '{"status":"disconnected"}' 200 '. == {"statusChanged":"true","message":"Hyperty updated"}'
echo '   (his phone and the tablet of Eve are not heard of any more)'
: >"$scratch/told"
until_true 10 told_of hyperty://mail.example/b0b-phone hyperty://csp.example/e7e-tablet
echo '   the message node is told of both, and not of the one who said good-bye'
[ "$(sort "$scratch/told")" = "$(printf '%s\n' hyperty://csp.example/e7e-tablet \
    hyperty://mail.example/b0b-phone)" ] || fail "it was told of $(sort "$scratch/told" | tr '\n' ' ')"
step 'once' GET /registry/updated '' 200 '. == {}'
step 'Bob is known, but away: 408, and the same body' GET "/hyperty/user/$bob" '' 408 \
    'length == 2 and all(.[]; .status == "disconnected")'
step 'Ann is not' GET "/hyperty/user/$ann" '' 200 'all(.[]; .status == "live")'

chapter 'The room is closed, and the server killed before anybody asks'
step 'closed' DELETE "/hyperty/dataobject/url/$room" '' 200 '. == {"message": "Data object deleted"}'
step "Eve's tablet is taken out of service" DELETE "/hyperty/user/$eve/$eve_tablet" '' 200 \
    '. == {"message": "Hyperty deleted"}'
restart KILL
step 'all five are there' GET /live '' 200 '.Hyperties_stored == "5"'
: >"$scratch/told"
until_true 5 told_of comm://csp.example/77aa-room
echo '   the news of the room was kept; the tablet was gone already, and is no news'
[ "$(cat "$scratch/told")" = comm://csp.example/77aa-room ] || fail "more was told"
step 'Ann is live: the absence of the server counts against nobody' GET "/hyperty/url/$ann_laptop" \
    '' 200 '.status == "live"'

chapter 'They come back'
started=$(curl --silent "$url/hyperty/url/$bob_phone" | jq -r .startingTime)
step "Bob's phone is charged: a keep-alive" PUT "/hyperty/url/$bob_phone" '{}' 200 \
    '. == {"statusChanged":"true","message":"Keep alive"}'
step 'and another' PUT "/hyperty/url/$bob_phone" '{}' 200 \
    '. == {"statusChanged":"false","message":"Keep alive"}'
step 'the tablet is registered anew, by its owner' PUT "/hyperty/user/$eve/$eve_tablet" \
    "$(hyperty tablet 7200 '["chat","voice"]')" 200 "$created"
step 'for an hour at most' GET "/hyperty/url/$eve_tablet" '' 200 '.expires == 3600'
step 'Bob has been known since this morning' GET "/hyperty/user/$bob/$bob_phone" '' 200 \
    ".startingTime == \"$started\" and .status == \"live\" and .lastModified > .startingTime"
step 'nobody is told that they went' GET /registry/updated '' 200 '. == {}'

chapter 'Evening: it is stopped'
only_these_refresh
kill -TERM "$server"
wait "$server" || fail 'exit code 0 was due'
server=
printf '\nEverything was as specified; it took %s seconds.\n' "$SECONDS"
