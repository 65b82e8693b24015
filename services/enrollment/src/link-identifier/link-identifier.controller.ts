import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Caller, Documented, RequireScope, validated } from '@trebol/chassis';
import type { z } from 'zod';
import { type LinkAnswer, linkAnswer } from '../answers.ts';
import { idInPath } from '../request-fields.ts';
import { LinkIdentifier, blocking, linking, replacing } from './link-identifier.ts';

@Controller('v1/members/:id/identifiers')
export class LinkIdentifierController {
  constructor(@Inject(LinkIdentifier) private readonly links: LinkIdentifier) {}

  @Post()
  @RequireScope('members:write')
  @Documented({
    summary: 'Link a card, phone or e-mail address', answers: { 201: linkAnswer },
    problems: ['memberNotFound', 'memberNotActive', 'identifierTaken', 'identifierBlocked', 'memberLimitReached'],
  })
  async link(
    @Param('id', validated(idInPath)) id: string, @Body(validated(linking)) body: z.output<typeof linking>, @Caller() caller: Caller,
  ): Promise<LinkAnswer> {
    return this.links.link(id, body, caller);
  }

  @Post('block')
  @HttpCode(200)
  @RequireScope('members:write')
  @Documented({
    summary: 'Block an identifier for good, for instance a lost card', answers: { 200: linkAnswer },
    problems: ['memberNotFound', 'memberNotActive', 'identifierNotFound'],
  })
  async block(
    @Param('id', validated(idInPath)) id: string, @Body(validated(blocking)) body: z.output<typeof blocking>, @Caller() caller: Caller,
  ): Promise<LinkAnswer> {
    return this.links.block(id, body, caller);
  }

  @Post('replace')
  @HttpCode(200)
  @RequireScope('members:write')
  @Documented({
    summary: 'Block a card and link another in its place; without newValue one is issued', answers: { 200: linkAnswer },
    problems: [
      'memberNotFound', 'memberNotActive', 'identifierNotFound', 'identifierReplaced', 'identifierTaken', 'identifierBlocked', 'memberLimitReached',
    ],
  })
  async replace(
    @Param('id', validated(idInPath)) id: string, @Body(validated(replacing)) body: z.output<typeof replacing>, @Caller() caller: Caller,
  ): Promise<LinkAnswer> {
    return this.links.replace(id, body, caller);
  }
}
