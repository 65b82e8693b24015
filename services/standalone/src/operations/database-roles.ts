/**
 * Who may touch what in PostgreSQL when every service is a process of its own. A role owns one schema and can
 * log in; nobody else sees into it. A service is given its own role, that of the bus, and, where it reads or
 * writes wallets, that of the event store: as with Kafka and EventStoreDB, the address in its environment is
 * the right.
 */
export const ROLES = {
  enrollment: { schema: 'enrollment', eventStore: false },
  earning: { schema: 'earning', eventStore: true },
  redemption: { schema: 'redemption', eventStore: true },
  ledger: { schema: 'ledger', eventStore: true },
  segmentation: { schema: 'segmentation', eventStore: false },
  bus: { schema: 'bus', eventStore: false },
  eventStore: { schema: 'event_store', eventStore: false },
  /** API keys: services may read them, who has this role may make and revoke them. */
  access: { schema: 'access', eventStore: false },
} as const;

export type RoleName = keyof typeof ROLES;

/** The services, in the order in which data flows. */
export const SERVICES = ['enrollment', 'earning', 'redemption', 'ledger', 'segmentation'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Name of the role in PostgreSQL. */
export const roleOf = (name: RoleName): string => `trebol_${ROLES[name].schema}`;

/** The variable that carries a role's password: `TREBOL_DB_PASSWORD_EVENT_STORE`. */
export const passwordVariable = (name: RoleName): string => `TREBOL_DB_PASSWORD_${ROLES[name].schema.toUpperCase()}`;

/**
 * Installers of these schemas run `CREATE SCHEMA IF NOT EXISTS`, for which PostgreSQL asks the right to
 * create even where the schema is there.
 */
const MAY_CREATE_SCHEMAS: readonly RoleName[] = ['bus', 'eventStore'];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Everything that has an owner in a schema: a database that one process filled is handed over whole. */
const handOver = (schema: string, role: string): string => `DO $hand$ DECLARE found record; BEGIN
  FOR found IN SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind
    FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.relnamespace = ${literal(schema)}::regnamespace AND r.rolname <> ${literal(role)} AND c.relkind IN ('r', 'p', 'S', 'v')
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND c.relkind = 'S')
  LOOP EXECUTE format('ALTER %s %s OWNER TO %I', found.kind, found.name, ${literal(role)}); END LOOP;
  FOR found IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
    WHERE p.pronamespace = ${literal(schema)}::regnamespace AND r.rolname <> ${literal(role)}
  LOOP EXECUTE format('ALTER FUNCTION %s OWNER TO %I', found.name, ${literal(role)}); END LOOP;
END $hand$`;

/**
 * Statements that make one role and its schema as they should be; running them again changes nothing but a
 * password that is given.
 */
export function roleStatements(
  name: RoleName,
  given: { readonly database: string; readonly exists: boolean; readonly password: string | undefined }
): readonly string[] {
  const role = roleOf(name);
  const { schema } = ROLES[name];
  const password = given.password === undefined ? '' : ` PASSWORD ${literal(given.password)}`;
  return [
    given.exists ? `ALTER ROLE ${quoted(role)} LOGIN${password}` : `CREATE ROLE ${quoted(role)} LOGIN${password}`,
    // An administrator who is no superuser must be a member of a role to give it a schema.
    `DO $member$ BEGIN IF NOT pg_has_role(current_user, ${literal(role)}, 'MEMBER')
       THEN EXECUTE 'GRANT ${quoted(role)} TO current_user'; END IF; END $member$`,
    `CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${quoted(role)}`,
    `ALTER SCHEMA ${schema} OWNER TO ${quoted(role)}`,
    handOver(schema, role),
    `REVOKE ALL ON SCHEMA ${schema} FROM PUBLIC`,
    `GRANT CONNECT, TEMPORARY ON DATABASE ${quoted(given.database)} TO ${quoted(role)}`,
    ...(MAY_CREATE_SCHEMAS.includes(name) ? [`GRANT CREATE ON DATABASE ${quoted(given.database)} TO ${quoted(role)}`] : []),
  ];
}

/**
 * Statements for all roles together: nobody else comes in, and every service may read the keys it is shown.
 */
export function sharedStatements(database: string): readonly string[] {
  const services = SERVICES.map((service) => quoted(roleOf(service))).join(', ');
  return [
    `REVOKE CONNECT, TEMPORARY ON DATABASE ${quoted(database)} FROM PUBLIC`,
    'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
    `GRANT USAGE ON SCHEMA access TO ${services}`,
    `GRANT SELECT ON access.api_key, access.installation TO ${services}`,
  ];
}
