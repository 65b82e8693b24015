// The nginx of docker-compose's distributed profile, made from routes.mjs: node
// tools/start-distributed/nginx-configuration.mjs > deploy/compose/nginx.conf
import { LEDGER_OF_MEMBER, OWNERS, SERVICES } from './routes.mjs';

/** Port that every service listens on in its container. */
const PORT = 3000;

const location = (where, service) => `    location ${where} { set $service ${service}; proxy_pass http://$service:${PORT}; }`;

/** A problem's `type` is followed to whichever service declares the code: they are asked one after the other. */
function problemLocations() {
  return SERVICES.map((service, index) => {
    const next = SERVICES[index + 1];
    const where = index === 0 ? '^~ /problems/' : `@problems_of_${service}`;
    const otherwise = next === undefined ? '' : ` proxy_intercept_errors on; recursive_error_pages on; error_page 404 = @problems_of_${next};`;
    return `    location ${where} { set $service ${service};${otherwise} proxy_pass http://$service:${PORT}; }`;
  }).join('\n');
}

/**
 * The configuration, whole; it wants deploy/compose/front-door.js beside it. Upstreams are variables so that nginx looks names up anew and starts before the
 * services do.
 */
export function nginxConfiguration() {
  const prefixes = Object.entries(OWNERS).map(
    ([first, service]) => location(`~ ^/v1/${first}(/|$)`, service)
  );
  return `# Made by tools/start-distributed/nginx-configuration.mjs; do not edit.
load_module modules/ngx_http_js_module.so;
worker_processes auto;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path /tmp/client; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi; uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
  js_import frontDoor from /etc/nginx/front-door.js;
  # A document of all paths of a service is some hundred kilobytes.
  subrequest_output_buffer_size 4m;
  # Docker's own name server.
  resolver 127.0.0.11 valid=5s ipv6=off;
  server {
    listen 8080;
    # A day's tickets of a chain over a slow line; the services have limits of their own.
    client_max_body_size 4g;
    proxy_request_buffering off;
    proxy_buffering off;
    proxy_read_timeout 600s;
    proxy_send_timeout 3600s;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    # What was accepted by a service that then fell silent is not sent to it again: callers repeat with their
    # Idempotency-Key.
    proxy_next_upstream off;
${location(`~ ^/v1/members/[^/]+/(${LEDGER_OF_MEMBER.join('|')})$`, 'ledger')}
${prefixes.join('\n')}
${problemLocations()}
    js_var $services "${SERVICES.join(' ')}";
    location ~ ^/(readyz|startupz)$ { js_content frontDoor.ready; }
    location = /openapi.json { js_content frontDoor.openapi; }
    location = /livez { default_type application/json; return 200 '{"status":"ok"}'; }
${SERVICES.map((service) => `    location ~ ^/${service}/(livez|readyz|startupz|openapi\\.json)$ { set $service ${service}; rewrite ^/${service}(/.*)$ $1 break; proxy_pass http://$service:${PORT}; }`).join('\n')}
    location / { default_type application/problem+json; return 404 '{"type":"about:blank","title":"Not found","status":404,"code":"notFound"}'; }
  }
}
`;
}

if (process.argv[1] === import.meta.filename) process.stdout.write(nginxConfiguration());
