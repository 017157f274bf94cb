/** Version of the gateway. MAINTENANCE: equal to package.json. */
export const VERSION = '0.1.0';
