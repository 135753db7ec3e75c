/** Where the impostors listen. */
export const impostorPorts = { untrusted: 9001, oldTls: 9002, huge: 9003, drip: 9004 } as const
export type ImpostorName = keyof typeof impostorPorts
