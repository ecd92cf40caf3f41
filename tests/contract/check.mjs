// Holds live answers of a running service against service/openapi.yaml: each answer's status is declared,
// its body fits the schema, its headers are there. Prints a line a test, and the operations not yet served.
//   URL=http://127.0.0.1:PORT/v1 TOKEN=... node check.mjs ../../service/openapi.yaml
import { readFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { parse } from 'yaml'
import Ajv2020 from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

const { URL: base, TOKEN: token } = process.env
const api = parse(readFileSync(process.argv[2], 'utf8'))
const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats(ajv)
ajv.addSchema({ $id: 'casework', ...api }, 'casework')

const operations = new Map()
for (const [path, item] of Object.entries(api.paths))
  for (const method of ['get', 'put', 'post', 'patch', 'delete'])
    if (item[method]) operations.set(item[method].operationId, { path, method, ...item[method] })

const seen = new Map() // operationId to the statuses seen
let bad = 0

function say(good, name, why) {
  if (!good) { console.log(`# ${why}`); bad++ }
  console.log(`${good ? 'ok' : 'not ok'} ${name}`)
}

// A response object and its place in the document, through a $ref.
function place(id, status) {
  const op = operations.get(id)
  const at = ['paths', op.path, op.method, 'responses', String(status)]
  const ref = op.responses[status]?.$ref
  const parts = ref ? ref.slice(2).split('/') : at
  const object = parts.reduce((o, key) => o?.[key], api)
  return { object, pointer: parts.map(p => p.replace(/~/g, '~0').replace(/\//g, '~1')).map(encodeURIComponent).join('/') }
}

function fits(id, response, text) {
  const { object, pointer } = place(id, response.status)
  if (!object) return `status ${response.status} is not declared for ${id}: ${text.slice(0, 300)}`
  const type = (response.headers.get('content-type') ?? '').split(';')[0]
  const kinds = Object.keys(object.content ?? {})
  if (!kinds.length) return text ? `a body where none is declared: ${text.slice(0, 200)}` : null
  if (!kinds.includes(type)) return `Content-Type ${type}, not ${kinds}`
  for (const name of Object.keys(object.headers ?? {}))
    if (!response.headers.has(name)) return `no header ${name}`
  if (!response.headers.has('date')) return 'no header Date'
  const validate = ajv.getSchema(`casework#/${pointer}/content/${type.replace(/\//g, '~1')}/schema`)
  if (validate(JSON.parse(text))) return null
  return validate.errors.slice(0, 4).map(e => `${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`).join('; ')
    + ` in ${text.slice(0, 600)}`
}

// One request; what comes back must be as declared, and have the wanted status.
async function call(name, id, want, { params = {}, query = {}, body, headers = {}, as = token } = {}) {
  const op = operations.get(id)
  const path = op.path.replace(/\{(\w+)\}/g, (_, key) => encodeURIComponent(params[key]))
  const url = new URL(base + path)
  for (const [key, value] of Object.entries(query)) url.searchParams.append(key, value)
  const all = { ...headers }
  if (as) all.Authorization = `Bearer ${as}`
  if (body !== undefined) {
    all['Content-Type'] ??= op.method === 'patch' ? 'application/merge-patch+json' : 'application/json'
    if (op.method !== 'put') all['Idempotency-Key'] ??= randomUUID()
  }
  const response = await fetch(url, { method: op.method.toUpperCase(), headers: all, body: body === undefined ? undefined : JSON.stringify(body) })
  const text = await response.text()
  if (!seen.has(id)) seen.set(id, new Set())
  seen.get(id).add(response.status)
  const why = response.status !== want ? `status ${response.status}, not ${want}: ${text.slice(0, 400)}` : fits(id, response, text)
  say(!why, name, why)
  let value = null
  try { value = JSON.parse(text) } catch { /* no body, or none that is JSON: fits() has said so */ }
  return { value, headers: response.headers, status: response.status }
}

const why = { headers: { Purpose: 'contract check' } }
const status = (await call('status needs no token', 'getStatus', 200, { as: null })).value
await call('no token is 401', 'getMe', 401, { as: null })
await call('a wrong token is 401', 'searchCases', 401, { as: 'wrong' })
const me = (await call('me', 'getMe', 200)).value
await call('kinds', 'listKinds', 200).then(async ({ headers }) =>
  call('kinds, unchanged, is 304', 'listKinds', 304, { headers: { 'If-None-Match': headers.get('etag') } }))
const kinds = (await call('kinds again', 'listKinds', 200)).value.items
await call('teams', 'listTeams', 200)
await call('workers', 'listWorkers', 200)
await call('workers of a team', 'listWorkers', 200, { query: { team: me?.worker.team ?? '' } })
const templates = (await call('templates', 'listTemplates', 200)).value.items

// Citizens.
const citizens = (await call('citizens', 'searchCitizens', 200, { query: { q: 'a', limit: 5 }, ...why })).value
await call('citizens, a second page', 'searchCitizens', 200, { query: { q: 'a', limit: 5, cursor: citizens.next }, ...why })
await call('citizens, a bad query is 400', 'searchCitizens', 400, { query: { q: 'shoesize:9' } })
const one = { params: { id: citizens.items[0].id } }
const citizen = await call('a citizen', 'getCitizen', 200, { ...one, ...why })
await call('a citizen, some fields', 'getCitizen', 200, { ...one, ...why, query: { fields: 'given,family' } })
await call('a citizen, unchanged, is 304', 'getCitizen', 304, { ...one, headers: { Purpose: 'check', 'If-None-Match': citizen.headers.get('etag') } })
await call('no such citizen', 'getCitizen', 404, { params: { id: 'p-none' }, ...why })
const made = await call('a citizen is registered', 'createCitizen', 201, { body: { given: 'Contract', family: `Check-${Date.now()}`, born: '1971-05', ref: `C${Date.now()}`, phone: '+44 1483 555019', email: 'contract@example.org', address: { street: '1 Test Street', postcode: 'GU1 4XY', town: 'Guildford', country: 'GB' }, language: 'en', contact: 'email' } })
await call('the same again is a duplicate', 'createCitizen', 409, { body: { given: made.value.given, family: made.value.family, born: made.value.born, ref: made.value.ref } })
await call('a citizen without a name', 'createCitizen', 422, { body: { born: '1971' } })
await call('a citizen is corrected', 'updateCitizen', 200, { params: { id: made.value.id }, body: { phone: null, address: { town: 'Woking' } }, headers: { 'If-Match': made.headers.get('etag'), Purpose: 'check' } })
await call('a correction without If-Match', 'updateCitizen', 428, { params: { id: made.value.id }, body: { phone: null }, headers: { Purpose: 'check' } })
await call('a stale correction', 'updateCitizen', 412, { params: { id: made.value.id }, body: { phone: null }, headers: { 'If-Match': '"1"', Purpose: 'check' } })
await call('who looked', 'listCitizenAccess', 200, { params: { id: made.value.id } })

// Cases.
const list = (await call('cases', 'searchCases', 200, { query: { q: 'is:open', limit: 3, count: 'exact', sort: 'due' } })).value
await call('cases, a second page', 'searchCases', 200, { query: { q: 'is:open', limit: 3, sort: 'due', cursor: list.next } })
await call('cases by text', 'searchCases', 200, { query: { q: 'bin' } })
await call('cases, some fields', 'searchCases', 200, { query: { fields: 'id,number,subject,status' } })
await call('cases, a bad query is 400', 'searchCases', 400, { query: { q: 'colour:red' } })
await call('cases, a bad limit is 400', 'searchCases', 400, { query: { limit: 9999 } })
const kind = kinds.find(k => k.id === 'bin-missed') ?? kinds[0]
const opened = await call('a case is opened', 'createCase', 201, { body: { subject: 'Contract check', service: kind.service, citizen: made.value.id, channel: 'phone', text: 'Said by phone.', priority: 3, tags: ['contract'] } })
await call('a case without a subject', 'createCase', 422, { body: { service: kind.service } })
const key = randomUUID()
const body = { subject: 'Once', service: kind.service }
const first = await call('a case opened under a key', 'createCase', 201, { body, headers: { 'Idempotency-Key': key } })
const again = await call('the same key gives the same answer', 'createCase', 201, { body, headers: { 'Idempotency-Key': key } })
say(first.value?.id === again.value?.id, 'and the same case', `${first.value?.id} and ${again.value?.id}`)
await call('the same key for another body', 'createCase', 422, { body: { ...body, subject: 'Twice' }, headers: { 'Idempotency-Key': key } })
const id = { id: opened.value.id }
const got = await call('a case', 'getCase', 200, { params: id })
await call('a case, unchanged, is 304', 'getCase', 304, { params: id, headers: { 'If-None-Match': got.headers.get('etag') } })
await call('no such case', 'getCase', 404, { params: { id: 'c-none' } })
const changed = await call('a case is changed', 'updateCase', 200, { params: id, body: { status: 'open', priority: 2, assignee: me.worker.id, tags: ['contract', 'second'], links: ['refers-to:https://elsewhere.example/9'], due: '2030-01-02T15:00:00Z', note: 'Called back.' }, headers: { 'If-Match': got.headers.get('etag') } })
await call('a change without If-Match', 'updateCase', 428, { params: id, body: { priority: 1 } })
const stale = await call('a stale change', 'updateCase', 412, { params: id, body: { priority: 1 }, headers: { 'If-Match': '"1"' } })
say(stale.value?.current?.version === changed.value?.version, 'it says what is there now', JSON.stringify(stale.value))
await call('a bad value', 'updateCase', 422, { params: id, body: { priority: 77 }, headers: { 'If-Match': changed.headers.get('etag') } })
await call('a bad transition', 'updateCase', 409, { params: id, body: { status: 'closed' }, headers: { 'If-Match': changed.headers.get('etag') } })
await call('a note', 'addCaseEvent', 201, { params: id, body: { kind: 'note', text: 'A note.' } })
await call('an answer', 'addCaseEvent', 201, { params: id, body: { kind: 'answer', answer: { text: 'Dear you, yes.', channel: 'email' } } })
await call('an answer with nothing in it', 'addCaseEvent', 422, { params: id, body: { kind: 'answer' } })
const template = templates.find(t => t.service === kind.service) ?? templates[0]
await call('an unknown template', 'addCaseEvent', 422, { params: id, body: { kind: 'answer', answer: { template: 'tpl-none' } } })
say(!!template, 'there is a template', 'none')
const lease = await call('a case is taken in hand', 'putLease', 201, { params: id, body: { seconds: 60 } })
const fence = { 'Lease-Fence': String(lease.value?.fence) }
await call('a second time it is held', 'putLease', 409, { params: id })
await call('and kept', 'putLease', 200, { params: id, headers: fence })
await call('with no lease of that fence', 'putLease', 409, { params: id, headers: { 'Lease-Fence': '999' } })
await call('a wish of too little', 'putLease', 422, { params: id, body: { seconds: 1 } })
await call('a case that is none', 'putLease', 404, { params: { id: 'c-none' } })
await call('an answer without the fence', 'addCaseEvent', 409, { params: id, body: { kind: 'answer', answer: { text: 'No.' } } })
await call('me, with what I hold', 'getMe', 200)
await call('the case in hand', 'getCase', 200, { params: id })
await call('putting back what is not mine any more', 'deleteLease', 409, { params: id, headers: { 'Lease-Fence': '999' } })
await call('it is put back', 'deleteLease', 204, { params: id, query: { reason: 'break' }, headers: fence })
await call('and again', 'deleteLease', 204, { params: id, headers: fence })
const now = await call('the case again', 'getCase', 200, { params: id })
await call('it is resolved', 'updateCase', 200, { params: id, body: { status: 'resolved', outcome: 'explained', answer: { text: 'It is done.' } }, headers: { 'If-Match': now.headers.get('etag') } })
const events = (await call('the timeline', 'listCaseEvents', 200, { params: id, query: { limit: 3 } })).value
await call('the timeline goes on', 'listCaseEvents', 200, { params: id, query: { limit: 3, cursor: events.next } })
await call('the timeline of nothing', 'listCaseEvents', 404, { params: { id: 'c-none' } })

// The event stream: hello first, then what changes.
{
  const stop = new AbortController()
  const response = await fetch(`${base}/events?case=${id.id}`, { headers: { Authorization: `Bearer ${token}` }, signal: stop.signal })
  seen.set('streamEvents', new Set([response.status]))
  const timer = setTimeout(() => stop.abort(), 10000)
  let text = '', poked = false
  try {
    for await (const chunk of response.body) {
      text += Buffer.from(chunk).toString()
      if (!poked && /event: hello/.test(text)) {
        poked = true
        await call('a note while the stream is open', 'addCaseEvent', 201, { params: id, body: { kind: 'note', text: 'Heard?' } })
      }
      if (/event: case\n/.test(text)) break
    }
  } catch { /* aborted: the text says what came */ }
  clearTimeout(timer)
  stop.abort()
  for (const [event, schema] of [['hello', 'Hello'], ['case', 'CaseChanged']]) {
    const data = text.match(new RegExp(`event: ${event}\\n(?:id: [0-9]+\\n)?data: (.*)`))?.[1]
    const validate = ajv.compile({ $ref: `casework#/components/schemas/${schema}` })
    say(data && validate(JSON.parse(data)), `the stream's ${event} fits ${schema}`, data ? JSON.stringify(validate.errors) : `not in ${JSON.stringify(text)}`)
  }
}

// What is declared and not yet served answers 404, whoever asks, and is not among the features.
const feature = { leases: /lease/i, surges: /surge|claimNext/i, groups: /group/i, messages: /message/i, batch: /batch/i, presence: /presence/i }
const missing = []
for (const [opId, op] of operations) {
  if (seen.has(opId)) continue
  const path = op.path.replace(/\{(\w+)\}/g, id.id)
  const response = await fetch(base + path, { method: op.method.toUpperCase(), headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID(), 'Lease-Fence': '1' }, body: ['get', 'delete'].includes(op.method) ? undefined : '{}' })
  await response.text()
  if (response.status === 404) missing.push(opId)
  else say(false, `${opId} is tried`, `it answers ${response.status}, but no call here tries it`)
}
for (const [name, pattern] of Object.entries(feature))
  if (status.features.includes(name))
    say(!missing.some(m => pattern.test(m)), `feature ${name} is served`, `missing: ${missing}`)
console.log(`## served: ${seen.size} of ${operations.size} operations; not yet: ${missing.join(' ') || 'none'}`)
process.exit(bad ? 1 : 0)
