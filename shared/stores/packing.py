"""JSON of an event in fewer bytes: zstd with a dictionary of what browsers' and servers' SDKs say again and again."""

from base64 import b64decode
from functools import cache

import zstandard

_LEVEL = 3
_FIRST = (
    '"consent":{"categoryPreferences":{"Advertising":true,"Analytics":true,"Functional":true,"DataSharing":false}}',
    '"traits":{"email":"@gmail.com","phone":"+82","firstName":"","lastName":"","name":"","plan":"","createdAt":"",',
    '"address":{"city":"Seoul","country":"KR","postalCode":"","state":"","street":""}}"products":[{"product_id":"",',
    '"sku":"","category":"","name":"","brand":"","variant":"","price":,"quantity":1,"coupon":"","position":1,',
    '"image_url":"https://"}],"order_id":"","checkout_id":"","total":,"subtotal":,"revenue":,"shipping":,"tax":,',
    '"discount":,"currency":"KRW","USD""campaign":{"name":"","source":"google","medium":"cpc","term":"","content":""}',
    '"device":{"id":"","manufacturer":"Apple","model":"iPhone","type":"ios"},"os":{"name":"Android","version":""},',
    '"screen":{"width":1920,"height":1080,"density":2},"network":{"wifi":true},"app":{"name":"","version":"",',
    '"build":"","namespace":"com."},"sessionId":,"groupId":"","channel":"web","originalTimestamp":"',
    '"userAgentData":{"brands":[{"brand":"Chromium","version":"142"}],"mobile":false,"platform":"Windows"}',
    "(iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148",
    " Safari/604.1(Linux; Android 10; K) Mobile Safari/537.36(Macintosh; Intel Mac OS X 10_15_7)(X11; Linux x86_64)",
    '{"messageId":"ajs-next-","timestamp":"2026-","type":"identify","page","screen","group","alias","track",',
    '"event":"Product Viewed","Product Added","Order Completed","Cart Viewed","Products Searched","integrations":{},',
    '"userId":"","anonymousId":"","properties":{"path":"/","url":"https://www.","title":"","search":"","referrer":',
    '"https://www.google.com/"},"context":{"page":{"path":"/","referrer":"","search":"","title":"","url":"https://"},',
    '"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0',
    ' Safari/537.36","locale":"ko-KR","en-US","library":{"name":"analytics.js","version":"next-1.","rudder-sdk-js"},',
    '"timezone":"Asia/Seoul","ip":"',
)
_DICTIONARIES = {1: "".join(_FIRST)}
"""By the first byte of what they packed. One that has packed anything never changes: a better one gets a number of its
own."""

_NEWEST = max(_DICTIONARIES)


def packed(text: str) -> bytes:
    """The number of the dictionary, and a zstd frame."""
    return bytes([_NEWEST]) + zstandard.ZstdCompressor(level=_LEVEL, dict_data=_dictionary(_NEWEST)).compress(
        text.encode()
    )


def unpacked(data: bytes | str) -> str:
    """What was packed. Streams bring bytes as base64. ValueError where it is neither."""
    raw = b64decode(data) if isinstance(data, str) else data
    try:
        text: bytes = zstandard.ZstdDecompressor(dict_data=_dictionary(raw[0])).decompress(raw[1:])
    except (IndexError, KeyError, zstandard.ZstdError) as error:
        raise ValueError("this was packed by nothing known here") from error
    return text.decode()


@cache
def _dictionary(number: int) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(_DICTIONARIES[number].encode(), dict_type=zstandard.DICT_TYPE_RAWCONTENT)
