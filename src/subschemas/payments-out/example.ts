/** Works unchanged, also against the sandbox. */
export const EXAMPLE = `# Payments Out of the Sage Network Platform: payment providers in Great Britain, and file formats.
query SupplierPayments {
  paymentsOut {
    consumerApi {
      providers(country: "GB") {
        name
        country
        maximumPaymentCount
        localInstruments
      }
      fileFormats(country: "GB") {
        fileFormatId
        name
      }
    }
  }
}
`;
