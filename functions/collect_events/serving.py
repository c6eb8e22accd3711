"""What SDKs ask of the collector beside taking events: settings, their own metrics, and images that are events."""

from functions.collect_events.collecting import put_events, source_of
from shared.aws.observability import count, logger
from shared.contracts import collect, pixel, sdk_settings
from shared.contracts.collect import Problem, Request, Response


def segment_settings(request: Request, write_key: str) -> Response:
    """A failed answer keeps a browser's SDK from starting at all, so a good one is kept by caches for an hour."""
    source_of(write_key)
    scheme = request.headers.get("x-forwarded-proto", "https")
    return collect.cached(sdk_settings.segment_settings(write_key, scheme, request.headers["host"]))


def rudder_source_config(request: Request) -> Response:
    write_key = collect.write_key_of(request, {}, [])
    return collect.cached(sdk_settings.rudder_source_config(write_key, source_of(write_key)))


def take_pixel(request: Request) -> Response:
    """One transparent dot, whatever happened: an image is no acknowledgement, so its losses are counted apart."""
    try:
        event = pixel.event_of(request.path, request.query)
        put_events(request, event, [event])
    except (Problem, ValueError, RecursionError) as error:
        count("PixelsLost")
        code = error.code if isinstance(error, Problem) else "malformed_data"
        logger().info("pixel lost", extra={"correlation_id": request.id, "code": code})
    except Exception as error:  # the stream is down; a broken image in somebody's mail would help nobody
        count("PixelsLost")
        logger().error("pixel lost", extra={"correlation_id": request.id, "error": type(error).__name__})
    return collect.image(pixel.GIF)


def served(request: Request) -> Response | None:
    """The reply to a request that isn't a POST of events; None where nothing is served at its path."""
    settings = sdk_settings.SEGMENT_PATH.fullmatch(request.path)
    if request.path == collect.METRICS_PATH and request.method == "POST":
        return collect.success()
    if request.method != "GET":
        return None
    if settings:
        return segment_settings(request, settings[1])
    answers = {sdk_settings.RUDDER_PATH: rudder_source_config} | dict.fromkeys(pixel.TYPES, take_pixel)
    answer = answers.get(request.path)
    return answer(request) if answer else None
