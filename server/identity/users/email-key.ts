/** How an e-mail is compared: NFC, lower case. */
export function emailKey(email: string): string {
  return email.normalize("NFC").toLowerCase();
}
