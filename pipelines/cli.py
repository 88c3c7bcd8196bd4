"""The console script `warraq`: what its commands do, and its exit codes. Their options are in `arguments`.

Beam takes more than a second to import, so nothing here imports it before the arguments and the
configuration are known to be right; `normalize` needs neither, and starts as fast as a filter has to.
"""

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console

from pipelines.arguments import command_line
from pipelines.errors import ConfigError, ManifestError, UsageError
from pipelines.logs import configure_logging
from pipelines.outcome import ExitCode, RunFailed

__all__ = ["main"]


def _batch(args: argparse.Namespace, beam_flags: list[str], console: Console) -> ExitCode:
    from pipelines.config import load_config

    config = load_config(args.config, args.overrides)
    from pipelines.options import check_beam_flags

    check_beam_flags(beam_flags, args.runner or config.engine.runner)
    from pipelines.batch import BatchRequest, run_batch

    request = BatchRequest(
        config=config,
        inputs=tuple(args.input),
        output=args.output,
        index=args.index,
        beam_flags=tuple(beam_flags),
        runner=args.runner,
        allow_empty=args.allow_empty,
        take_over=args.take_over,
        quiet=args.quiet,
    )
    return run_batch(request, console)


def _plan(args: argparse.Namespace) -> ExitCode:
    from pipelines.config import load_config
    from pipelines.engine import BATCH, resolve_engine

    config = load_config(args.config, args.overrides)
    resolve_engine(args.runner or config.engine.runner, BATCH)  # before Beam is imported
    from pipelines.plan import PlanRequest, make_plan
    from pipelines.plan_view import print_plan, print_plan_json

    request = PlanRequest(
        config=config,
        inputs=tuple(args.input),
        runner=args.runner,
        sample=args.sample,
        scan_bytes=args.scan * 1_000_000,
        articles=args.articles,
        workers=args.workers,
    )
    plan = make_plan(request)
    if args.json:
        print_plan_json(plan, request, sys.stdout)
    else:
        print_plan(plan, sys.stdout)
    return ExitCode.OK


def _stream(args: argparse.Namespace, beam_flags: list[str], console: Console) -> ExitCode:
    from pipelines.config import load_config

    config = load_config(args.config, args.overrides)
    from pipelines.options import check_beam_flags

    check_beam_flags(beam_flags, args.runner or config.engine.runner)
    from pipelines.stream import StreamRequest, run_stream

    request = StreamRequest(
        config=config,
        subscription=args.subscription,
        topic=args.topic,
        output=args.output,
        publish=args.publish,
        index=args.index,
        beam_flags=tuple(beam_flags),
        runner=args.runner,
        quiet=args.quiet,
        id_label=args.id_label,
    )
    return run_stream(request, console)


def _follow(args: argparse.Namespace, console: Console) -> ExitCode:
    from pipelines.config import load_config

    config = load_config(args.config, args.overrides)
    from pipelines.follow import FollowRequest, run_follow

    request = FollowRequest(
        config=config,
        inbox=args.inbox,
        subscription=args.subscription,
        output=args.output,
        state=args.state,
        once=args.once,
        quiet=args.quiet,
        feeds=args.feeds,
        index=args.index,
    )
    return run_follow(request, console)


def _check(args: argparse.Namespace, console: Console) -> ExitCode:
    import json

    from pipelines.config import json_schema, load_config, resolved_yaml

    config = load_config(args.config, args.overrides)
    if config.tag.rules:
        from pipelines.tagging import load_rules

        load_rules(config.tag)
    text = (
        json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"
        if args.schema
        else resolved_yaml(config)
    )
    sys.stdout.write(text)
    if not args.schema:
        console.print(f"[green]{args.config or 'the default configuration'} is right[/]")
    return ExitCode.OK


def _verify(args: argparse.Namespace, console: Console) -> ExitCode:
    from pipelines.published import grows
    from pipelines.verify import print_verify, verify
    from transforms.files import OutputFolder

    folder = OutputFolder(args.output)
    if grows(folder):
        from pipelines.verify_commits import print_growing, verify_commits

        growing = verify_commits(folder)
        print_growing(folder.root, growing, console)
        return ExitCode.DAMAGED if growing.faults else ExitCode.OK
    report = verify(args.output)
    print_verify(report, console)
    return ExitCode.DAMAGED if report.faults else ExitCode.OK


def _inspect(args: argparse.Namespace) -> ExitCode:
    from pipelines.inspect import inspect

    limit = args.limit if args.limit is not None else (None if args.jsonl else 20)
    fields = args.fields.split(",") if args.fields else None
    if args.final:
        if args.table:
            raise UsageError("--final and --table do not go together")
        from pipelines.final import print_final

        print_final(args.path, as_jsonl=args.jsonl, limit=limit, fields=fields, out=sys.stdout)
        return ExitCode.OK
    inspect(args.path, table=args.table, as_jsonl=args.jsonl, limit=limit, fields=fields, out=sys.stdout)
    return ExitCode.OK


def _explain(args: argparse.Namespace) -> ExitCode:
    from pipelines.config import load_config
    from pipelines.explain import run_explain

    config = load_config(args.config, args.overrides)
    return run_explain(args.output, args.article, config, as_json=args.format == "json")


def _index(args: argparse.Namespace, console: Console) -> ExitCode:
    if (args.action == "collect") != bool(args.output):
        raise UsageError(
            "--output names the output of a stream that `warraq index collect` reads, and no other"
        )
    if args.output:
        from pipelines.index_collect import run_collect

        return run_collect(args.output, args.folder, console)
    from pipelines.index_care import run_index

    return run_index(args.action, args.folder, console)


def _normalize(args: argparse.Namespace) -> ExitCode:
    from pipelines.normalize import run_normalize

    return run_normalize(args.files, profile=args.profile, offsets=args.offsets)


def _parse(args: argparse.Namespace, console: Console) -> ExitCode:
    from pipelines.config import load_config
    from pipelines.parse import STDIN, run_fragments, run_parse

    files = args.files or [STDIN]
    if args.fragment:
        return run_fragments(files, args.fragment)
    overrides = list(args.overrides)
    overrides += [f"parse.crawled={args.crawled}"] if args.crawled else []
    overrides += [f"parse.default_source={args.source}"] if args.source else []
    return run_parse(
        files, load_config(args.config, overrides), as_json=args.format == "json", errors=console
    )


def _tag(args: argparse.Namespace, console: Console) -> ExitCode:
    from pipelines.config import load_config
    from pipelines.parse import STDIN
    from pipelines.tagging import run_tag

    overrides = list(args.overrides)
    overrides += [f"parse.default_source={args.source}"] if args.source else []
    overrides += [f"tag.rules={args.rules}"] if args.rules else []
    config = load_config(args.config, overrides)
    return run_tag(
        args.files or [STDIN], config, as_json=args.format == "json", explain=args.explain, errors=console
    )


def _poll(args: argparse.Namespace) -> ExitCode:
    from pipelines.poll import PollRequest, run_poll

    request = PollRequest(feeds=args.feeds, to=args.to, state=args.state, once=args.once, quiet=args.quiet)
    return run_poll(request)


def _doctor(console: Console) -> ExitCode:
    from pipelines.doctor import doctor

    return ExitCode.OK if doctor(console) else ExitCode.FAILED


#: Commands that need nothing but their arguments.
_TELLING = {"plan": _plan, "explain": _explain}


def _dispatch(argv: Sequence[str], console: Console) -> ExitCode:
    args, rest = command_line().parse_known_args(argv)
    if args.command == "batch":
        return _batch(args, rest, console)
    if args.command == "stream":
        return _stream(args, rest, console)
    if rest:
        raise UsageError([f"warraq {args.command}: unknown argument {argument}" for argument in rest])
    if args.command == "check":
        return _check(args, console)
    if args.command == "follow":
        return _follow(args, console)
    if args.command == "verify":
        return _verify(args, console)
    if args.command == "inspect":
        return _inspect(args)
    if args.command in _TELLING:
        return _TELLING[args.command](args)
    if args.command == "index":
        return _index(args, console)
    if args.command == "normalize":
        return _normalize(args)
    if args.command == "parse":
        return _parse(args, console)
    if args.command == "tag":
        return _tag(args, console)
    if args.command == "poll":
        return _poll(args)
    return _doctor(console)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (default: `sys.argv`) and return its exit code; messages go to standard error."""
    configure_logging()
    console = Console(stderr=True, highlight=False)
    try:
        return int(_dispatch(sys.argv[1:] if argv is None else argv, console))
    except ConfigError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return int(ExitCode.USAGE)
    except UsageError as error:
        for message in error.messages:
            console.print(f"warraq: {message}", style="red", markup=False, soft_wrap=True)
        return int(ExitCode.USAGE)
    except RunFailed as error:
        console.print(f"warraq: {error}", style="red", markup=False, soft_wrap=True)
        return int(error.code)
    except ManifestError as error:
        console.print(f"warraq: {error}", style="red", markup=False, soft_wrap=True)
        return int(ExitCode.DAMAGED)
    except BrokenPipeError:
        return int(ExitCode.OK)
    except OSError as error:  # a full disk, a folder that cannot be written
        console.print(f"warraq: {error}", style="red", markup=False, soft_wrap=True)
        return int(ExitCode.FAILED)
    except KeyboardInterrupt:
        console.print("warraq: interrupted; nothing was published", style="red")
        return 130
