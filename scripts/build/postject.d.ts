declare module "postject" {
  export const inject: (
    file: string,
    resource: string,
    data: Buffer,
    options: { readonly sentinelFuse: string },
  ) => Promise<void>
}
