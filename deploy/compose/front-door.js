// What the front door answers for all services at once: whether each is ready, and one document of all their paths. For nginx's njs, whose
// language is smaller than Node's; tools/start-distributed/gateway.mjs answers the same.

/** What a service says there, or that it says nothing. */
function ask(r, service, path) {
  return r.subrequest('/' + service + path, { method: 'GET' }).then(
    function (answer) { return JSON.parse(answer.responseText); }
  ).catch(function () { return { status: 'unavailable' }; });
}

function all(r, path) {
  const services = r.variables.services.split(' ');
  return Promise.all(services.map(function (service) { return ask(r, service, path); })).then(function (answers) {
    return { services: services, answers: answers };
  });
}

function answer(r, status, body) {
  r.headersOut['Content-Type'] = 'application/json';
  r.return(status, JSON.stringify(body));
}

/** 200 when every service is; else 503, and which is not. */
function ready(r) {
  return all(r, r.uri).then(function (told) {
    const reports = {};
    told.services.forEach(function (service, index) { reports[service] = told.answers[index]; });
    const ok = told.answers.every(function (report) { return report.status === 'ok'; });
    answer(r, ok ? 200 : 503, { status: ok ? 'ok' : 'unavailable', services: reports });
  });
}

/** One document of all services that answer; paths are disjoint but for probes and members, whose methods are joined. */
function openapi(r) {
  return all(r, '/openapi.json').then(function (told) {
    const documents = told.answers.filter(function (document) { return document.paths !== undefined; });
    const joined = documents[0] || { openapi: '3.0.0', info: { title: 'Trébol', version: '0.1.0' }, paths: {} };
    documents.slice(1).forEach(function (document) { join(joined, document); });
    answer(r, 200, joined);
  });
}

function join(joined, document) {
  Object.keys(document.paths).forEach(function (path) {
    joined.paths[path] = Object.assign(joined.paths[path] || {}, document.paths[path]);
  });
  joined.components = joined.components || {};
  joined.components.schemas = Object.assign(joined.components.schemas || {}, (document.components || {}).schemas);
}

export default { ready, openapi };
