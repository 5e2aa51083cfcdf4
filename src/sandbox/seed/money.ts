/** To two places, without the tail that binary fractions leave. */
export const money = (value: number): number => Math.round((value + Number.EPSILON) * 100) / 100;

export const sum = (values: readonly number[]): number => money(values.reduce((total, value) => total + value, 0));
