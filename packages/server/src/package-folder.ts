/** Where this package is: its compiled modules lie in one of its folders, and so does the program that they are put together to. */
export const packageFolder: URL = new URL('..', import.meta.url)
