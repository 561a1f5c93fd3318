/** Reading QR codes: the browser's own reader, else zxing-wasm from this very site, else none. */

const EVERY_MS = 120;
const [NATIVE_FORMAT, WASM_FORMAT] = ['qr_code', 'QRCode'];

/** @typedef {(source: HTMLVideoElement | ImageBitmap) => Promise<string[]>} ReadCodes */

/**
 * Gives what reads codes here, null where nothing does.
 * @param {{reader: string, wasm: string}} vendor addresses of zxing-wasm; empty where it was not installed
 * @returns {Promise<ReadCodes | null>}
 */
export async function openReader({reader, wasm}) {
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats?.().catch(() => []) ?? [];
  if (formats.includes(NATIVE_FORMAT)) {
    const detector = new BarcodeDetector({formats: [NATIVE_FORMAT]});
    return async source => (await detector.detect(source)).map(one => one.rawValue);
  }
  return reader === '' ? null : openWasm(reader, wasm);
}

/** Loads the module of others; its address for the rest is set, since it would ask a foreign site by itself. */
async function openWasm(reader, wasm) {
  try {
    await loadScript(reader);
    await ZXingWASM.prepareZXingModule({overrides: {locateFile: () => wasm}, fireImmediately: true});
  } catch {
    return null;
  }
  const canvas = document.createElement('canvas');
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', {willReadFrequently: true}));
  return async source => {
    canvas.width = source.videoWidth ?? source.width;
    canvas.height = source.videoHeight ?? source.height;
    context.drawImage(source, 0, 0);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = await ZXingWASM.readBarcodes(pixels, {formats: [WASM_FORMAT], maxNumberOfSymbols: 8});
    return found.filter(one => one.isValid).map(one => one.text);
  };
}

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = address;
    script.onload = () => resolve(script);
    script.onerror = reject;
    document.head.append(script);
  });
}

/** The camera, until it sees a code or is stopped. */
export class Camera {
  #video;
  #read;
  #stream = null;

  constructor(/** @type {HTMLVideoElement} */ video, /** @type {ReadCodes} */ read) {
    this.#video = video;
    this.#read = read;
  }

  /**
   * Looks until there is a code.
   * @returns {Promise<string | null>} null where it was stopped
   * @throws {DOMException} where there is no camera, or none that may be used
   */
  async look() {
    this.#stream = await navigator.mediaDevices.getUserMedia(
      {audio: false, video: {facingMode: 'environment', width: {ideal: 1280}, height: {ideal: 720}}});
    this.#video.srcObject = this.#stream;
    await this.#video.play();
    try {
      while (this.#stream !== null) {
        const [text] = this.#video.videoWidth > 0 ? await this.#read(this.#video) : [];
        if (text !== undefined) {
          return text;
        }
        await new Promise(resolve => setTimeout(resolve, EVERY_MS));
      }
      return null;
    } finally {
      this.stop();
    }
  }

  /** Lets go of the camera. */
  stop() {
    this.#stream?.getTracks().forEach(track => track.stop());
    this.#stream = null;
    this.#video.srcObject = null;
  }
}
