/** Memory of the embedded server, for a platform that stays below 1 GB with everything in it. */
export const EMBEDDED_SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: '96MB', max_connections: '100', max_wal_size: '1GB', work_mem: '8MB', maintenance_work_mem: '64MB', jit: 'off',
  max_parallel_workers_per_gather: '0',
};
