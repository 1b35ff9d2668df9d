// The part of the Lua interpreter that tests use; it brings no types of its own.
declare module 'fengari' {
  /** A Lua state. */
  export type LuaState = object;
  export function to_luastring(text: string): Uint8Array;
  export const lua: {
    readonly LUA_OK: number;
    lua_createtable(state: LuaState, items: number, fields: number): void;
    lua_pcall(state: LuaState, given: number, results: number, handler: number): number;
    lua_pushboolean(state: LuaState, value: boolean): void;
    lua_pushinteger(state: LuaState, value: number): void;
    lua_pushnumber(state: LuaState, value: number): void;
    lua_pushstring(state: LuaState, text: Uint8Array): void;
    lua_setfield(state: LuaState, index: number, name: Uint8Array): void;
    lua_seti(state: LuaState, index: number, at: number): void;
    lua_setglobal(state: LuaState, name: Uint8Array): void;
    lua_getfield(state: LuaState, index: number, name: Uint8Array): number;
    lua_tojsstring(state: LuaState, index: number): string | null;
    lua_pop(state: LuaState, count: number): void;
  };
  export const lauxlib: {
    luaL_newstate(): LuaState;
    luaL_loadstring(state: LuaState, text: Uint8Array): number;
    luaL_requiref(state: LuaState, name: Uint8Array, open: (state: LuaState) => number, global: boolean): void;
  };
  export const lualib: {
    readonly luaopen_base: (state: LuaState) => number;
    readonly luaopen_table: (state: LuaState) => number;
  };
}
