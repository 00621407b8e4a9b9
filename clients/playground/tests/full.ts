declare global {
  var makeRoom: () => void;
}

/** A script of a page: the device has no room left, until there is some again. */
export function fill(): void {
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    if (mode === "readwrite") throw new DOMException("full", "QuotaExceededError");
    return transaction.call(this, stores, mode, options);
  };
  globalThis.makeRoom = () => (IDBDatabase.prototype.transaction = transaction);
}
