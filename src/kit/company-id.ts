/** Site ids are GUIDs, company ids whole numbers. Both are sent as headers. Source: Sage 200 reference, `sites`. */
export const isSite = (text: string): boolean => /^[\w-]{1,64}$/.test(text);
export const isCompany = (text: string): boolean => /^(?:0|[1-9]\d{0,9})$/.test(text);
