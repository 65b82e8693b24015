// What a broker needs whose clients come by TLS, show a certificate and log in.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RigUnavailable } from './unavailable.ts';

const run = promisify(execFile);

export interface Login { readonly user: string; readonly password: string }

/** Where a broker listens on loopback, and where its files are. */
export interface Place {
  readonly folder: string;
  readonly port: number;
  readonly controller: number;
  /** For the broker itself, where clients have to log in. */
  readonly inner: number;
}

/** Files of a secured broker: a key and its certificate, by which broker and clients show themselves and which both trust. */
const filesIn = (folder: string) => ({ key: join(folder, 'key.pem'), certificate: join(folder, 'certificate.pem'), both: join(folder, 'both.pem') });

/** Connection string of the bus for a broker, secured when there is a login. */
export function urlOf({ folder, port }: Place, login: Login | undefined): string {
  if (!login) return `kafka://127.0.0.1:${port}`;
  const { key, certificate } = filesIn(folder);
  const query = new URLSearchParams({ tls: 'true', ca: certificate, cert: certificate, key });
  return `kafka://${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@127.0.0.1:${port}?${query}`;
}

/** A key and a certificate for 127.0.0.1 that signs itself. Throws `RigUnavailable` without openssl. */
export async function makeCertificate(folder: string): Promise<void> {
  const { key, certificate, both } = filesIn(folder);
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2',
    '-subj', '/CN=trebol-rig', '-addext', 'subjectAltName=IP:127.0.0.1']).catch((error: unknown) => {
    throw new RigUnavailable(`a secured Kafka needs openssl to make a certificate: ${String(error).split('\n', 1)[0]}`);
  });
  await writeFile(both, await readFile(key, 'utf8') + await readFile(certificate, 'utf8'));
}

/** Clients log in over TLS; the broker itself talks on a listener of its own. */
export function loginSettings({ folder, port, controller, inner }: Place, login: Login): Readonly<Record<string, string>> {
  const { certificate, both } = filesIn(folder);
  const modules = 'org.apache.kafka.common.security';
  return {
    listeners: `SASL_SSL://127.0.0.1:${port},INNER://127.0.0.1:${inner},CONTROLLER://127.0.0.1:${controller}`,
    'listener.security.protocol.map': 'SASL_SSL:SASL_SSL,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT', 'inter.broker.listener.name': 'INNER',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512,PLAIN',
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required user_${login.user}="${login.password}";`,
    'ssl.keystore.type': 'PEM', 'ssl.keystore.location': both, 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': certificate,
    'listener.name.sasl_ssl.ssl.client.auth': 'required',
  };
}
