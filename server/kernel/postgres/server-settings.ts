import { totalmem } from "node:os";

const mebibyte = 1024 * 1024;

/**
 * Settings of the embedded server, for a small machine that it shares with Basalt. Only a unix socket: there is no port
 * to be taken, and nobody outside can knock.
 */
export function serverSettings(
  socketDir: string,
  memoryBytes: number = availableMemory(),
): Record<string, string> {
  const memoryMb = memoryBytes / mebibyte;
  return {
    cluster_name: "basalt",
    listen_addresses: "",
    unix_socket_directories: socketDir,
    max_connections: "100",
    // Every base is a schema of many tables, and deleting or exporting one locks them all in one transaction.
    max_locks_per_transaction: "256",
    shared_buffers: `${clamp(memoryMb / 8, 64, 1024)}MB`,
    effective_cache_size: `${clamp(memoryMb / 2, 256, 65_536)}MB`,
    work_mem: "8MB",
    maintenance_work_mem: `${clamp(memoryMb / 32, 64, 512)}MB`,
    min_wal_size: "128MB",
    max_wal_size: "1GB",
    jit: "off",
    // Containers often get only 64 MB of /dev/shm; a file in the data directory has no such limit.
    dynamic_shared_memory_type: "mmap",
    timezone: "UTC",
    log_timezone: "UTC",
    // Statements that fail carry what users typed; they are the application's to log.
    log_min_messages: "log",
    log_min_error_statement: "panic",
    log_checkpoints: "off",
    log_line_prefix: "%m [%p] ",
  };
}

/** Of the container when it is limited, else of the machine; bytes. */
function availableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

function clamp(value: number, low: number, high: number): number {
  return Math.round(Math.min(Math.max(value, low), high));
}
