/** Names that the code of rebuilt classes is given; see `rebuild.ts` for what they hold. */

export const BASE_CELL = "$mobulaBase";
export const STAMP_CELL = "$mobulaStamp";
export const HOOKS_CELL = "$mobulaHooks";
export const KEYS_CELL = "$mobulaKeys";
