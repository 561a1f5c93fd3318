/** What this phone keeps: the copy and what was seen of the log, what was checked, and what waits to be sent. */

const [DATABASE, VERSION] = ['langnghe-pocket', 1];

/** @typedef {{seq?: number, id: string, state: 'waiting' | 'sent' | 'refused', body: string} & Record<string, any>} Outgoing */

export class Store {
  #database;

  constructor(/** @type {IDBDatabase} */ database) {
    this.#database = database;
  }

  /** Opens the store of this browser. */
  static open() {
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open(DATABASE, VERSION);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore('kept');
        opening.result.createObjectStore('photos');
        opening.result.createObjectStore('outbox', {keyPath: 'seq', autoIncrement: true});
        opening.result.createObjectStore('checks', {keyPath: 'seq', autoIncrement: true});
      };
      opening.onsuccess = () => resolve(new Store(opening.result));
      opening.onerror = () => reject(opening.error);
    });
  }

  /** Gives one kept value, or null. */
  async get(/** @type {string} */ name, from = 'kept') {
    return await this.#in([from], 'readonly', stores => stores[from].get(name)) ?? null;
  }

  /** Keeps several values, all or none. */
  put(/** @type {Record<string, any>} */ values, to = 'kept') {
    return this.#in([to], 'readwrite', stores => {
      Object.entries(values).forEach(([name, value]) => stores[to].put(value, name));
    });
  }

  /** Gives everything in a list, in its order. */
  all(/** @type {'outbox' | 'checks'} */ name) {
    return this.#in([name], 'readonly', stores => stores[name].getAll());
  }

  /** Adds an item at the end of a list; with a photo, both or none. */
  add(/** @type {'outbox' | 'checks'} */ name, item, /** @type {{digest: string, blob: Blob} | null} */ photo = null) {
    return this.#in([name, 'photos'], 'readwrite', stores => {
      if (photo !== null) {
        stores.photos.put(photo.blob, photo.digest);
      }
      return stores[name].add(item);
    });
  }

  /** Puts an item of a list back, changed. */
  change(/** @type {'outbox'} */ name, item) {
    return this.#in([name], 'readwrite', stores => stores[name].put(item));
  }

  #in(names, mode, action) {
    return new Promise((resolve, reject) => {
      // Strict: what is told as kept is on the disk, so that an empty battery takes nothing back.
      const transaction = this.#database.transaction(names, mode, {durability: 'strict'});
      const stores = Object.fromEntries(names.map(name => [name, transaction.objectStore(name)]));
      const request = action(stores);
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}
