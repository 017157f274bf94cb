import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { PUBLIC_METADATA } from '../auth/public-endpoint.decorator';
import { VERSION } from '../system/version';
import { buildDocument, type DocumentedEndpoint, type OpenApiDocument } from './document';
import type { EndpointSpec } from './endpoint';
import { ENDPOINT_METADATA } from './route.decorator';

/** Finds every endpoint among the controllers and describes it. */
@Injectable()
export class OpenApiService {
  #document: OpenApiDocument | undefined;

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  /** The document; built at its first use. */
  document(): OpenApiDocument {
    this.#document ??= buildDocument(this.endpoints(), VERSION);
    return this.#document;
  }

  /** Every routed endpoint. */
  endpoints(): DocumentedEndpoint[] {
    return this.discovery.getControllers().flatMap(({ instance, metatype }) => {
      const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
      return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
        const handler = prototype[name] as () => unknown;
        const spec = this.reflector.get<EndpointSpec | undefined>(ENDPOINT_METADATA, handler);
        const targets = [handler, ...(metatype === null ? [] : [metatype as () => unknown])];
        return spec === undefined ? [] : [{ spec, isPublic: this.reflector.getAllAndOverride<boolean>(PUBLIC_METADATA, targets) === true }];
      });
    });
  }
}
