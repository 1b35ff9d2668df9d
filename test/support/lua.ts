// Health checks of Argo CD in Lua, run as Argo CD runs them: the object is `obj`, and the standard library is not there but for
// the basics and tables.
import { type LuaState, lauxlib, lua, lualib, to_luastring as text } from 'fengari';

/** What a health check says. */
export interface Health {
  readonly status: string;
  readonly message: string;
}

/** Runs a health check on an object. Throws the interpreter's words when it cannot be read or fails. */
export function healthBy(script: string, object: unknown): Health {
  const state = lauxlib.luaL_newstate();
  lauxlib.luaL_requiref(state, text('_G'), lualib.luaopen_base, true);
  lauxlib.luaL_requiref(state, text('table'), lualib.luaopen_table, true);
  push(state, object);
  lua.lua_setglobal(state, text('obj'));
  demand(state, lauxlib.luaL_loadstring(state, text(script)));
  demand(state, lua.lua_pcall(state, 0, 1, 0));
  return { status: field(state, 'status'), message: field(state, 'message') };
}

function demand(state: LuaState, outcome: number): void {
  if (outcome !== lua.LUA_OK) throw new Error(`Lua: ${lua.lua_tojsstring(state, -1) ?? 'no words'}`);
}

function field(state: LuaState, name: string): string {
  lua.lua_getfield(state, -1, text(name));
  const value = lua.lua_tojsstring(state, -1);
  lua.lua_pop(state, 1);
  if (value === null) throw new Error(`The health check returned no ${name}.`);
  return value;
}

function push(state: LuaState, value: unknown): void {
  if (typeof value === 'string') lua.lua_pushstring(state, text(value));
  else if (typeof value === 'boolean') lua.lua_pushboolean(state, value);
  else if (typeof value === 'number') pushNumber(state, value);
  else if (Array.isArray(value)) pushList(state, value);
  else if (typeof value === 'object' && value !== null) pushFields(state, value);
  else throw new Error(`An object of the cluster holds no ${typeof value}.`);
}

function pushNumber(state: LuaState, value: number): void {
  if (Number.isInteger(value)) lua.lua_pushinteger(state, value);
  else lua.lua_pushnumber(state, value);
}

function pushList(state: LuaState, values: readonly unknown[]): void {
  lua.lua_createtable(state, values.length, 0);
  for (const [index, value] of values.entries()) {
    push(state, value);
    lua.lua_seti(state, -2, index + 1);
  }
}

/** A field that is null is one that is not there. */
function pushFields(state: LuaState, fields: object): void {
  lua.lua_createtable(state, 0, 0);
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue;
    push(state, value);
    lua.lua_setfield(state, -2, text(name));
  }
}
