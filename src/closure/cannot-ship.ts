/**
 * Why a function or an object cannot be sent. Known only inside this folder: `Closures` adds what
 * it is and the path to it.
 */
export class CannotShip extends Error {}
